import errno
import json
import os
import pickle
import random
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import safe_open, save_file

from lenet import Config, Digits, LeNet5, fit
from lenet.checkpoint import load_weights, resume, save_checkpoint, save_weights
from lenet.model import new_model
from lenet.run import new_optimizer

CONFIG = Config(num_epochs=8, seed=5)
ONE_CYCLE = CONFIG.but(one_cycle=True, distortion=1.0)


DIGITS = 64 * "0"  # their SHA-256


def _train(path, config=CONFIG):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (250, 32, 32), generator=generator, dtype=torch.uint8)
    digits = Digits(images, torch.randint(10, (250,), generator=generator))
    return fit(config, digits[:200], digits[200:], checkpoint=path, print_every=0)


@pytest.fixture(scope="module")
def uninterrupted():
    return _train(None, CONFIG)


def assert_same_run(one, other):
    (model, history), (other_model, other_history) = one, other
    assert history == other_history
    pairs = zip(model.parameters(), other_model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def state(config=CONFIG):
    model = new_model(seed=0)
    optimizer = new_optimizer(model, config)
    return config, DIGITS, model, optimizer, torch.Generator()


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "run.ckpt"
    save_checkpoint(path, *state(), [])
    return path


# Killed and resumed


def _written(path: Path):
    return path.stat().st_mtime_ns if path.exists() else None


def test_a_run_killed_at_any_moment_and_resumed_gives_the_same_bits(
    processes, tmp_path
):
    """With everything on that has a state: order, distortion, optimiser, rate."""
    path = tmp_path / "run.ckpt"
    moments = random.Random(0)
    exits = []
    for _ in range(3):
        before = _written(path)
        run = processes.Process(target=_train, args=(path, ONE_CYCLE))
        run.start()
        while _written(path) == before and run.is_alive():
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.2))  # an epoch takes about 0.15 s
        run.kill()
        run.join()
        exits.append(run.exitcode)
    assert -signal.SIGKILL in exits
    assert_same_run(_train(path, ONE_CYCLE), _train(None, ONE_CYCLE))


def test_a_run_stopped_between_epochs_may_go_on_for_longer(uninterrupted, tmp_path):
    path = tmp_path / "run.ckpt"
    _, history = _train(path, CONFIG.but(num_epochs=3))
    assert len(history) == 3
    torch.manual_seed(0)
    assert_same_run(_train(path), uninterrupted)


def test_a_finished_run_is_taken_from_its_checkpoint(uninterrupted, tmp_path):
    path = tmp_path / "run.ckpt"
    _train(path)
    written = _written(path)
    assert_same_run(_train(path), uninterrupted)
    assert _written(path) == written
    assert [each.name for each in tmp_path.iterdir()] == ["run.ckpt"]


def test_a_checkpoint_of_more_epochs_than_asked_for_is_refused(tmp_path):
    path = tmp_path / "run.ckpt"
    _train(path, CONFIG.but(num_epochs=2))
    with pytest.raises(ValueError, match="2 epochs"):
        _train(path, CONFIG.but(num_epochs=1))


def test_a_one_cycle_run_cannot_change_its_length_on_the_way(checkpoint):
    save_checkpoint(checkpoint, *state(ONE_CYCLE), [])
    with pytest.raises(ValueError, match="resume with that config"):
        resume(checkpoint, *state(ONE_CYCLE.but(num_epochs=9)))


def test_a_checkpoint_of_other_digits_is_refused(tmp_path, sample):
    path = tmp_path / "run.ckpt"
    train, val, others = sample.train[:20], sample.train[:5], sample.train[20:40]
    fit(CONFIG, train, val, checkpoint=path, score_train=False, print_every=0)
    for digits in ((others, val), (train, others)):
        with pytest.raises(ValueError, match="other digits"):
            fit(CONFIG, *digits, checkpoint=path, score_train=False)
    with pytest.raises(ValueError, match="other digits"):  # in part: all are scored
        fit(CONFIG, train, val, checkpoint=path)


def test_without_a_checkpoint_nothing_is_touched(tmp_path):
    _, _, model, *_ = parts = state()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    generator = torch.get_rng_state()
    assert resume(tmp_path / "none", *parts) == []
    assert all(torch.equal(before[n], v) for n, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generator)


def test_a_full_disk_keeps_the_checkpoint_before(checkpoint, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = checkpoint.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save_checkpoint(checkpoint, *state(CONFIG.but(seed=6)), [])
    assert checkpoint.read_bytes() == before
    assert resume(checkpoint, *state()) == []


# Checkpoints that must not be taken up


def test_a_checkpoint_of_another_config_is_refused_and_changes_nothing(checkpoint):
    _, digits, model, *others = state()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match="resume with that config, or delete") as error:
        resume(checkpoint, CONFIG.but(seed=6), digits, model, *others)
    assert "'seed': 5" in str(error.value)
    assert "'seed': 6" in str(error.value)
    assert all(torch.equal(before[n], v) for n, v in model.state_dict().items())


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_a_truncated_checkpoint_is_refused(checkpoint, share):
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"not a whole checkpoint .*: delete it"):
        resume(checkpoint, *state())


def test_a_flipped_bit_anywhere_is_noticed(checkpoint):
    content = checkpoint.read_bytes()
    places = random.Random(0)
    middle = [places.randrange(len(content)) for _ in range(20)]
    ends = [places.randrange(-3_000, 100) for _ in range(100)]
    for place in middle + ends:
        damaged = bytearray(content)
        damaged[place] ^= 1 << places.randrange(8)
        checkpoint.write_bytes(damaged)
        with pytest.raises(ValueError, match="not a whole checkpoint"):
            resume(checkpoint, *state())


def test_another_file_is_refused(checkpoint):
    for other in ({"weights": torch.zeros(2)}, [1, 2]):
        torch.save(other, checkpoint)
        with pytest.raises(ValueError, match="not a whole checkpoint"):
            resume(checkpoint, *state())


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, sign: Path):
        self.sign = sign

    def __reduce__(self):
        return Path.touch, (self.sign,)

    def state_dict(self):
        return {"weights": self}


@pytest.mark.parametrize("how", ["bare pickle", "torch.save", "save_checkpoint"])
def test_a_malicious_pickle_is_refused_and_not_run(checkpoint, tmp_path, how):
    malicious = Malicious(tmp_path / "was_run")
    if how == "bare pickle":
        checkpoint.write_bytes(pickle.dumps(malicious))
    elif how == "torch.save":
        torch.save(malicious, checkpoint)
    else:
        config, digits, _, *others = state()
        save_checkpoint(checkpoint, config, digits, malicious, *others, [])
    with pytest.raises(ValueError, match="not a whole checkpoint") as error:
        resume(checkpoint, *state())
    assert not malicious.sign.exists()
    assert "weights_only" not in str(error.value), "advises to run it"


# Published weights


def test_weights_come_back_bit_for_bit_and_ready_to_predict(tmp_path):
    model, path = new_model(seed=1), tmp_path / "lenet5.safetensors"
    content = save_weights(path, model, {"dataset": "a name"})
    assert path.read_bytes() == content
    loaded = load_weights(path)
    images = torch.rand(4, 1, 32, 32)
    assert torch.equal(loaded(images), model(images))
    assert loaded.training is False


def test_weights_tell_where_they_are_from(tmp_path):
    path = tmp_path / "lenet5.safetensors"
    save_weights(path, LeNet5(), {"dataset": "a name", "config": CONFIG.asdict()})
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["about"])
    assert about == {"dataset": "a name", "config": CONFIG.asdict()}


def test_the_same_weights_give_the_same_file(tmp_path):
    about = {"b": 1, "a": 2}
    one = save_weights(tmp_path / "one", new_model(seed=1), about)
    two = save_weights(tmp_path / "two", new_model(seed=1), about)
    assert one == two


def test_missing_weights_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights at .*none.*`make report`"):
        load_weights(tmp_path / "none")


def _other_network(path):
    save_file({"weight": torch.zeros(3)}, path)


def _other_shape(path):
    tensors = LeNet5().state_dict()
    tensors["classifier.output.bias"] = torch.zeros(11)
    save_file(tensors, path)


def _truncated(path):
    path.write_bytes(save_weights(path, LeNet5(), {})[:-100])


def _text(path):
    path.write_text("no weights")


def _empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    "make", [_other_network, _other_shape, _truncated, _text, _empty]
)
def test_weights_that_are_none_of_lenet5s_are_refused(tmp_path, make):
    path = tmp_path / "lenet5.safetensors"
    make(path)
    with pytest.raises(ValueError, match="does not hold LeNet-5's weights") as error:
        load_weights(path)
    assert str(path) in str(error.value)

import io
import pickle
import random
import signal
import time
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from lenet import Batches, Config, Digits, fit
from lenet.fit import new_loaders
from lenet.model import new_model
from lenet.train import train_epoch

CONFIG = Config(num_epochs=3, seed=5)
CYCLE = replace(CONFIG, one_cycle=True)
EVERYTHING = replace(CYCLE, num_epochs=8, distortion=1.0)
PIXELS = np.random.default_rng(0).integers(256, size=(250, 32, 32), dtype="u1")
NOISE = Digits(torch.tensor(PIXELS), torch.arange(250) % 10)


def run(config=CONFIG, checkpoint=None, train=NOISE[:200], val=NOISE[200:], **how):
    """Train silently; return weights and history."""
    how |= {"checkpoint": checkpoint, "print_every": 0}
    model, history = fit(config, train, val, **how)
    return weights_of(model), [asdict(record) for record in history]


def weights_of(model):
    return [parameter.detach().tolist() for parameter in model.parameters()]


@pytest.fixture(scope="module")
def digits(sample):
    return sample.train[:150]


# A run is decided by its config


def test_the_seed_alone_decides_a_run():
    before = run()
    torch.manual_seed(77)
    assert run() == before
    assert run(replace(CONFIG, seed=4)) != before


def test_a_run_is_a_bare_loop_over_shuffled_digits():
    """Scoring moves neither the weights nor the order of the digits."""
    bare, shuffle = new_model(CONFIG.seed), torch.Generator().manual_seed(CONFIG.seed)
    batches = Batches(NOISE[:200], CONFIG.batch_size, shuffle=shuffle)
    optimizer = torch.optim.Adam(bare.parameters(), lr=CONFIG.learning_rate, fused=True)
    for _ in range(CONFIG.num_epochs):
        train_epoch(bare, nn.CrossEntropyLoss(), optimizer, batches)
    assert run()[0] == weights_of(bare)


def test_leaving_out_the_training_scores_changes_no_weight():
    config = replace(EVERYTHING, num_epochs=2)
    weights, scored = run(config)
    same_weights, unscored = run(config, score_train=False)
    assert weights == same_weights
    assert [r["train"]["num_examples"] for r in (scored[0], unscored[0])] == [200, 1]
    assert [r["val"] for r in scored] == [r["val"] for r in unscored]


def test_only_the_digits_trained_on_are_distorted(digits):
    loader, *in_order = new_loaders(EVERYTHING, digits, digits[:50])
    for each, split in zip(in_order, (digits, digits[:50]), strict=True):
        images = torch.cat([images for images, _ in each])
        assert torch.equal(images[:, 0], split.images / 255)
    images, labels = next(iter(loader))
    plain, plain_labels = next(iter(new_loaders(CONFIG, digits, digits)[0]))
    assert torch.equal(labels, plain_labels)
    assert 0 < float((images - plain).abs().mean()) < float(plain.mean()), "unreadable"


def test_one_cycle_climbs_to_the_rate_given_and_falls_to_nothing(request):
    rates = []
    hook = register_optimizer_step_post_hook(
        lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"])
    )
    config = Config(num_epochs=4, batch_size=20, learning_rate=0.01, one_cycle=True)
    request.addfinalizer(hook.remove)
    run(config)
    assert len(rates) == 40
    assert rates[0] == pytest.approx(0.0004)
    assert np.diff(rates[:11]) == pytest.approx(10 * [0.00096])
    assert rates[10] == max(rates) == pytest.approx(0.01)
    assert (np.diff(rates[10:]) < 0).all()
    assert rates[25] == pytest.approx(0.005), "half way down, half the rate"
    assert 0 < rates[-1] < 0.0001


# Killed and resumed


def written(path: Path):
    return path.stat().st_mtime_ns if path.exists() else None


@pytest.mark.parametrize("muon", [False, True])
def test_a_run_killed_at_any_moment_and_resumed_gives_the_same_bits(
    processes, tmp_path, muon
):
    """With all that has a state: order, distortion, optimiser, rate.

    The processes killed have another hash seed than this one.
    """
    config = replace(EVERYTHING, muon=muon)
    path, moments, exits = tmp_path / "run.ckpt", random.Random(0), []
    for _ in range(3):
        before = written(path)
        child = processes.Process(target=run, args=(config, path))
        child.start()
        while written(path) == before and child.is_alive():
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.2))
        child.kill()
        child.join()
        exits.append(child.exitcode)
    assert -signal.SIGKILL in exits
    assert run(config, path) == run(config)


def test_a_run_may_go_on_for_longer_and_a_finished_one_is_not_repeated(tmp_path):
    path = tmp_path / "run.ckpt"
    run(replace(CONFIG, num_epochs=2), path)
    torch.manual_seed(0)
    longer = run(CONFIG, path)
    assert longer == run()
    before = written(path)
    assert run(CONFIG, path) == longer
    with pytest.raises(ValueError, match=r"holds 3 epochs .* and at most 2 epochs"):
        run(replace(CONFIG, num_epochs=2), path)
    assert written(path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["run.ckpt"]


def test_ctrl_c_goes_on_to_the_caller_and_the_finished_epochs_are_kept(
    tmp_path, request
):
    path = tmp_path / "run.ckpt"

    def press_ctrl_c(*_):
        if path.exists():  # after the first epoch
            raise KeyboardInterrupt

    hook = register_optimizer_step_post_hook(press_ctrl_c)
    request.addfinalizer(hook.remove)
    with pytest.raises(KeyboardInterrupt):
        run(CONFIG, path)
    hook.remove()
    assert run(CONFIG, path) == run()


# Checkpoints that must not be taken up


@pytest.fixture
def checkpoint(tmp_path):
    """The checkpoint of a run on 20 digits, and a function that takes it up."""
    path, small = tmp_path / "run.ckpt", {"train": NOISE[:20], "val": NOISE[20:25]}
    resume = partial(run, config=CYCLE, checkpoint=path, **small)
    resume()
    return path, resume


@pytest.mark.parametrize(
    "change",
    [
        {"config": replace(CYCLE, seed=6)},
        {"config": replace(CYCLE, num_epochs=4)},  # its rates would not be the same
        {"train": NOISE[25:45]},
        {"val": NOISE[25:45]},
        {"score_train": False},
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_kept(checkpoint, change):
    path, resume = checkpoint
    content = path.read_bytes()
    message = r"holds 3 epochs of .*'seed': 5.*give that config and those digits"
    with pytest.raises(ValueError, match=message):
        resume(**change)
    assert path.read_bytes() == content


def test_a_truncated_checkpoint_or_a_flipped_bit_anywhere_is_noticed(checkpoint):
    path, resume = checkpoint
    content, places = path.read_bytes(), random.Random(0)
    damaged = [content[: int(s * len(content))] for s in (0, 0.001, 0.3, 0.9, 0.9999)]
    for place in [places.randrange(-3_000, 3_000) for _ in range(60)]:
        flipped = bytearray(content)
        flipped[place] ^= 1 << places.randrange(8)
        damaged.append(flipped)
    for each in damaged:
        path.write_bytes(each)
        with pytest.raises(ValueError, match="not a whole checkpoint of a run: delete"):
            resume()


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, sign: Path):
        self.sign = sign

    def __reduce__(self):
        return Path.touch, (self.sign,)


@pytest.mark.parametrize("dump", [partial(pickle.dump, protocol=2), torch.save])
def test_a_malicious_pickle_is_refused_and_not_run(checkpoint, tmp_path, dump):
    (path, resume), file = checkpoint, io.BytesIO()
    dump({"model": Malicious(tmp_path / "was_run")}, file)
    path.write_bytes(sha256(file.getvalue()).digest() + file.getvalue())
    with pytest.raises(ValueError, match="not a whole checkpoint") as error:
        resume()
    assert not (tmp_path / "was_run").exists()
    assert "weights_only" not in str(error.value), "advises to run it"

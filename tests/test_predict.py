import json
import random
from hashlib import sha256

import numpy as np
import pytest
import torch
from safetensors.torch import safe_open
from safetensors.torch import save as save_tensors

from lenet import Digits, LeNet5, Proportion, load_weights, predict
from lenet.model import new_model
from lenet.predict import BEST, accuracy, save_weights


@pytest.fixture(scope="module")
def model():
    return new_model(seed=0)


@pytest.mark.parametrize(("batch_size", "mode"), [(1, True), (3, False), (100, True)])
def test_probabilities_are_the_softmax_of_the_logits_and_the_mode_stays(
    model, batch_size, mode
):
    digits = torch.randint(256, (7, 32, 32), dtype=torch.uint8)
    with torch.no_grad():
        odds = np.exp(model(digits[:, None] / 255).double().numpy())
    expected = odds / odds.sum(1, keepdims=True)
    for images in (digits, digits[:, None] / 255):  # bytes, and their fractions
        prediction = predict(model.train(mode), images, batch_size)
        np.testing.assert_allclose(prediction.probs, expected, rtol=1e-4)
        np.testing.assert_allclose(prediction.confidence, expected.max(1), rtol=1e-4)
        assert torch.equal(prediction.labels, prediction.probs.argmax(1))
        assert model.training is mode


def test_none_or_unpadded_images_are_refused_with_what_to_do(model):
    with pytest.raises(ValueError, match="no images to read: give at least one"):
        predict(model, torch.zeros(0, 1, 32, 32))
    with pytest.raises(ValueError, match=r"lenet\.data\.pad"):
        predict(model, torch.zeros(2, 28, 28, dtype=torch.uint8))


def test_accuracy_counts_what_was_read_right(model):
    images = torch.randint(256, (6, 32, 32), dtype=torch.uint8)
    prediction = predict(model, images)
    labels = prediction.labels.clone()
    labels[:2] = (labels[:2] + 1) % 10
    assert accuracy(prediction, Digits(images, labels)) == Proportion(4, 6)


def test_weights_come_back_bit_for_bit_and_tell_where_they_are_from(tmp_path):
    model, about = new_model(seed=1), {"dataset": "a name", "config": {"seed": 1}}
    paths = tmp_path / "one", tmp_path / "two"
    contents = [save_weights(path, model, about) for path in paths]
    assert contents == 2 * [paths[0].read_bytes()], "the same weights, the same file"
    loaded = load_weights(paths[0])
    for name, value in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)
    assert loaded.training is False
    with safe_open(paths[0], framework="pt") as file:
        assert json.loads(file.metadata()["about"]) == about


def test_missing_or_damaged_weights_or_those_of_another_network_are_refused(tmp_path):
    path = tmp_path / "lenet5.safetensors"
    with pytest.raises(FileNotFoundError, match=f"no weights at {path}: give a file"):
        load_weights(path)
    good, weights = save_weights(path, LeNet5(), {}), LeNet5().state_dict()
    wider = save_tensors(weights | {"classifier.output.bias": torch.zeros(11)})
    for content in (good[:-100], b"no weights", b"", save_tensors({}), wider):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{path} does not hold LeNet-5's weights"):
            load_weights(path)


@pytest.mark.parametrize("suffix", ["pth", "pt"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_state_dict_of_torch_is_read(tmp_path, suffix, prefix):
    model, path = new_model(seed=1), tmp_path / f"mine.{suffix}"
    weights = model.state_dict()
    torch.save({prefix + name: value for name, value in weights.items()}, path)
    loaded = load_weights(path).state_dict()
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)


def test_keys_that_do_not_fit_are_named(tmp_path):
    weights = LeNet5().state_dict()
    weights["fc.bias"] = weights.pop("classifier.output.bias")
    torch.save(weights, tmp_path / "mine.pth")
    with pytest.raises(ValueError, match="does not hold LeNet-5's weights") as error:
        load_weights(tmp_path / "mine.pth")
    assert "classifier.output.bias" in str(error.value)
    assert "fc.bias" in str(error.value)


def test_other_content_of_a_torch_file_is_refused_and_no_code_runs(tmp_path):
    path = tmp_path / "mine.pt"
    for content in (torch.zeros(3), [1], LeNet5(), {"epoch": 3}):
        torch.save(content, path)
        with pytest.raises(ValueError, match="does not hold LeNet-5's weights"):
            load_weights(path)
    for content in (b"", b"no weights", path.read_bytes()[:200]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="does not hold LeNet-5's weights"):
            load_weights(path)


def test_damaged_bytes_are_refused_where_a_record_stands_beside(tmp_path):
    path, model = tmp_path / "mine.safetensors", new_model(seed=1)
    content = save_weights(path, model, {})
    record = json.dumps({"weights_sha256": sha256(content).hexdigest()})
    path.with_suffix(".json").write_text(record)
    load_weights(path)
    for place in random.Random(0).sample(range(len(content)), 30):
        damaged = bytes([content[place] ^ 1])
        path.write_bytes(content[:place] + damaged + content[place + 1 :])
        with pytest.raises(ValueError, match="is damaged or not the file of"):
            load_weights(path)


def test_the_best_weights_have_their_record_beside_them():
    record = json.loads(BEST.with_suffix(".json").read_text())
    assert record["weights_sha256"] == sha256(BEST.read_bytes()).hexdigest()
    assert load_weights().training is False

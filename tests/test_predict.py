import json
import random
from hashlib import sha256
from io import BytesIO

import numpy as np
import pytest
import torch
from safetensors.torch import safe_open
from safetensors.torch import save as save_tensors

from lenet import Digits, LeNet5, Proportion, load_weights, predict
from lenet.model import new_model
from lenet.predict import accuracy, save_weights


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


# Weights


def equal(model, other):
    pairs = zip(model.state_dict().items(), other.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


def test_weights_come_back_bit_for_bit_and_tell_where_they_are_from(tmp_path, model):
    about, path = {"dataset": "a name", "config": {"seed": 1}}, tmp_path / "mine"
    content = save_weights(path, model, about)
    assert content == path.read_bytes() == save_weights(path, model, about)
    assert equal(load_weights(path), model)
    assert load_weights(path).training is False
    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["about"]) == about


@pytest.mark.parametrize("suffix", ["pth", "pt"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_state_dict_of_torch_is_read(tmp_path, model, suffix, prefix):
    weights = {prefix + name: value for name, value in model.state_dict().items()}
    torch.save(weights, tmp_path / f"mine.{suffix}")
    assert equal(load_weights(tmp_path / f"mine.{suffix}"), model)


def saved(content):
    torch.save(content, file := BytesIO())
    return file.getvalue()


GOOD = LeNet5().state_dict()
WIDER = GOOD | {"classifier.output.bias": torch.zeros(11)}
BAD = {
    "safetensors": [save_tensors(weights) for weights in ({}, WIDER)],
    "pth": [saved(x) for x in (torch.zeros(3), [1], LeNet5(), {"epoch": 3})],
}


@pytest.mark.parametrize("suffix", BAD)
def test_missing_or_damaged_weights_or_those_of_another_network_are_refused(
    tmp_path, suffix
):
    path, save = tmp_path / f"mine.{suffix}", {"pth": saved}.get(suffix, save_tensors)
    with pytest.raises(FileNotFoundError, match=f"no weights at {path}: give a file"):
        load_weights(path)
    for content in (*BAD[suffix], save(GOOD)[:-100], b"no weights", b""):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{path} does not hold LeNet-5's weights"):
            load_weights(path)


def test_keys_that_do_not_fit_are_named(tmp_path):
    weights = {name.replace("output", "fc"): value for name, value in GOOD.items()}
    torch.save(weights, tmp_path / "mine.pth")
    with pytest.raises(ValueError, match=r"(?s)classifier\.output.*classifier\.fc"):
        load_weights(tmp_path / "mine.pth")


def test_damaged_bytes_are_refused_where_a_record_stands_beside(tmp_path, model):
    path = tmp_path / "mine.safetensors"
    content = save_weights(path, model, {})
    record = json.dumps({"weights_sha256": sha256(content).hexdigest()})
    path.with_suffix(".json").write_text(record)
    load_weights(path)
    for place in random.Random(0).sample(range(len(content)), 30):
        damaged = bytes([content[place] ^ 1])
        path.write_bytes(content[:place] + damaged + content[place + 1 :])
        with pytest.raises(ValueError, match="is damaged or not the file of"):
            load_weights(path)

"""The compiled engine against the PyTorch network and autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lenet.data import Digits, load_dataset
from lenet.original import engine, kernels, network, online, sdlm
from lenet.original.engine import train_1998
from lenet.original.recipe import Recipe1998, initial_weights

DIGITS = load_dataset("sample").train[:60]
INPUTS, LABELS = network.to_input(DIGITS.images), DIGITS.labels
SHORT = Recipe1998(etas=(5e-4, 2e-4))
CRITERIA = [(1.0, None), (1.0, 0.1), (0.5, 3.0), (0.5, 1e9)]


@pytest.fixture
def weights():
    drawn = initial_weights(2, Recipe1998(scale=1.4, coefficient=0.5))
    rng = np.random.default_rng(3)
    for name in drawn:
        if name.endswith(("bias", "coefficient")):
            drawn[name] += rng.normal(0, 0.1, drawn[name].shape).astype(np.float32)
    return drawn


def loss_of(model, n, factor, rubbish):
    distances = factor * model(INPUTS[n : n + 1])
    if rubbish is None:
        return distances[0, LABELS[n]]  # eq. 8
    return network.map_loss(distances, LABELS[n : n + 1], rubbish)


def train(weights, steps, order, factor, rubbish):
    """Train weights in place with the kernels; return the number got wrong."""
    criterion = np.float32(factor), np.float32("nan" if rubbish is None else rubbish)
    nets = online.as_net(weights), online.as_net(steps), online.new_state()
    labels = LABELS.numpy().astype(np.uint8)[order]
    digits = DIGITS.images.numpy()[order].reshape(-1, 1024), labels
    return online.train_digits(*nets, *digits, *criterion)


@pytest.mark.parametrize(("factor", "rubbish"), CRITERIA)
def test_one_step_of_size_one_is_the_gradient(weights, factor, rubbish):
    after = {name: values.copy() for name, values in weights.items()}
    ones = {name: np.ones_like(values) for name, values in weights.items()}
    train(after, ones, [4], factor, rubbish)
    model = network.with_weights(weights)
    loss_of(model, 4, factor, rubbish).backward()
    for name, parameter in model.named_parameters():
        moved, gradient = torch.from_numpy(weights[name] - after[name]), parameter.grad
        atol = 1e-5 * float(gradient.abs().max())
        torch.testing.assert_close(moved, gradient, rtol=2e-4, atol=atol)


def test_fifty_steps_follow_autograd(weights):
    """Every parameter has its own step size, each digit meets updated weights."""
    model, num_wrong = network.with_weights(weights), 0
    order = np.random.default_rng(0).permutation(60)[:50]
    h = sdlm.diagonal_curvature(model, INPUTS, 1.0)
    steps = {name: 5e-4 / (0.02 + values) for name, values in h.items()}
    for n in order:
        num_wrong += int(model(INPUTS[n : n + 1]).argmin()) != LABELS[n]
        model.zero_grad()
        loss_of(model, n, 0.5, 10.0).backward()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter -= steps[name] * parameter.grad
    assert train(weights, steps, order, 0.5, 10.0) == num_wrong
    for name, parameter in model.named_parameters():
        after = torch.from_numpy(weights[name])
        torch.testing.assert_close(after, parameter.data, rtol=1e-3, atol=2e-4)


def test_squash_agrees_with_tanh_and_never_leaves_its_range():
    a = np.linspace(-40, 40, 100_001).astype(np.float32)
    y = a.copy()
    kernels.squash_all(y)
    np.testing.assert_allclose(y, 1.7159 * np.tanh(2 / 3 * a.astype(float)), atol=6e-7)
    assert np.abs(y).max() <= np.float32(1.7159)


def test_digits_are_read_and_counted_as_the_network_reads_them(weights):
    slow = network.with_weights(weights)(INPUTS).argmin(1)
    assert engine.predict(weights, DIGITS.images).tolist() == slow.tolist()
    assert engine.count_wrong(weights, DIGITS) == (slow != LABELS).sum()
    with pytest.raises(ValueError, match="of 32×32"):
        engine.predict(weights, DIGITS.images[:, 2:30, 2:30])


@pytest.mark.parametrize(("curvature", "size"), [("each", None), ("layer", 90)])
def test_a_pass_estimates_the_curvature_and_then_goes_on_in_one_order(curvature, size):
    """Short or long passes go round the same digits; fixed weights never move."""
    recipe = replace(SHORT, curvature=curvature, digits_per_pass=size)
    fixed = {"c1.weight": np.full((6, 1, 5, 5), 0.1, np.float32)}
    order = np.random.default_rng([7, 1]).permutation(60).tolist()
    expected, seen = initial_weights(7, recipe) | fixed, []
    for eta, part in zip(recipe.etas, np.split(np.array(3 * order), 2), strict=True):
        part = part if size else order
        model = network.with_weights(expected)
        h = sdlm.diagonal_curvature(model, INPUTS[order], 1.0)
        if curvature == "layer":
            layers = {n[:2]: [h[m].flatten() for m in h if m[:2] == n[:2]] for n in h}
            h = {n: torch.cat(layers[n[:2]]).mean().expand_as(h[n]) for n in h}
        steps = {name: eta / (0.02 + values) for name, values in h.items()}
        steps["c1.weight"] = torch.zeros(6, 1, 5, 5)
        num_wrong = train(expected, steps, part, 0.5, 3.0)
        seen.append((num_wrong, {name: w.copy() for name, w in expected.items()}))

    def compare(weights):
        for name in weights:
            np.testing.assert_array_equal(weights[name], seen[0][1][name], name)
        online.append(seen.pop(0)[0])

    online = []
    _, online_errors = train_1998(DIGITS, recipe, 7, compare, fixed)
    assert online_errors == online
    assert not seen


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (
            DIGITS.images[:, 2:30, 2:30],
            LABELS,
            r"of 32×32.*pad them with lenet\.data\.pad",
        ),
        (DIGITS.images / 255, LABELS, "expected uint8 digits"),
        (DIGITS.images, LABELS[:59], "60 digits but 59 labels"),
        (DIGITS.images, LABELS + 3, "from 0 to 9, got 10"),
    ],
)
def test_digits_and_labels_of_the_wrong_form_are_refused(images, labels, message):
    with pytest.raises(ValueError, match=message):
        train_1998(Digits(images, labels), SHORT, 0)

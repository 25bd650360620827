"""The compiled engine against the PyTorch network and autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lenet.original import engine, kernels, network, online, sdlm
from lenet.original.engine import Recipe1998, train_1998

RNG = np.random.default_rng(0)
DIGITS = np.zeros((60, 32, 32), np.uint8)
STROKES = RNG.integers((4, 4, 2, 2), (22, 22, 8, 8), (60, 4, 4))
for image, strokes in zip(DIGITS, STROKES, strict=True):
    for row, column, height, width in strokes:
        image[row : row + height, column : column + width] = 255
LABELS = RNG.integers(0, 10, 60).astype(np.uint8)
SHORT = Recipe1998(etas=(5e-4, 2e-4))
CRITERIA = [(1.0, None), (1.0, 0.1), (0.5, 3.0), (0.5, 1e9)]


@pytest.fixture
def weights():
    drawn = network.initial_weights(2, 1.4, 0.5, coefficient=0.5)
    rng = np.random.default_rng(3)
    for name in drawn:
        if name.endswith(("bias", "coefficient")):
            drawn[name] += rng.normal(0, 0.1, drawn[name].shape).astype(np.float32)
    return drawn


def loss_of(model, n, factor, rubbish):
    distances = factor * model(network.to_input(DIGITS[n : n + 1]))
    if rubbish is None:
        return distances[0, LABELS[n]]  # eq. 8
    return network.map_loss(distances, torch.tensor([int(LABELS[n])]), rubbish)


def train(weights, steps, order, factor, rubbish):
    """Train weights in place with the kernels; return the number got wrong."""
    criterion = np.float32(factor), np.float32("nan" if rubbish is None else rubbish)
    nets = online.as_net(weights), online.as_net(steps), online.new_state()
    digits = DIGITS[order].reshape(-1, 1024), LABELS[order]
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
    images, order = network.to_input(DIGITS), RNG.permutation(60)[:50]
    model, num_wrong = network.with_weights(weights), 0
    steps = sdlm.step_sizes(sdlm.diagonal_curvature(model, images, 1.0), 5e-4)
    for n in order:
        num_wrong += int(model(images[n : n + 1]).argmin()) != LABELS[n]
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
    slow = network.with_weights(weights)(network.to_input(DIGITS)).argmin(1).numpy()
    assert engine.predict(weights, DIGITS).tolist() == slow.tolist()
    assert engine.count_wrong(weights, DIGITS, LABELS) == (slow != LABELS).sum()


def test_training_repeats_with_its_seed_and_only_with_it():
    first, again, other = (train_1998(DIGITS, LABELS, SHORT, s)[0] for s in (0, 0, 1))
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["c5.weight"] != other["c5.weight"]).any()


def test_training_learns_its_digits_and_shows_the_weights_of_each_pass():
    seen, recipe = [], Recipe1998(etas=(5e-4,) * 15)

    def count(weights):
        seen.append(engine.count_wrong(weights, DIGITS, LABELS))

    weights, online_errors = train_1998(DIGITS, LABELS, recipe, 0, count)
    assert len(seen) == len(online_errors) == 15

    assert online_errors[-1] < online_errors[0] / 2
    assert seen[-1] == engine.count_wrong(weights, DIGITS, LABELS) < seen[0] / 2


@pytest.mark.parametrize("curvature", ["each", "layer"])
def test_the_curvature_is_estimated_before_each_pass(curvature):
    """Two passes are twice: the curvature at the weights so far, then the digits."""
    recipe = replace(SHORT, curvature=curvature)
    order = np.random.default_rng([0, 1]).permutation(60)
    inputs = network.to_input(DIGITS[order])
    expected = network.initial_weights(0, recipe.scale, recipe.power, 0.25)
    for eta in recipe.etas:
        model = network.with_weights(expected)
        h = sdlm.diagonal_curvature(model, inputs, 1.0)
        h = sdlm.layer_means(h) if curvature == "layer" else h
        train(expected, sdlm.step_sizes(h, eta), order, 0.5, 3.0)
    trained, _ = train_1998(DIGITS, LABELS, recipe, 0)
    for name in expected:
        np.testing.assert_allclose(trained[name], expected[name], atol=1e-6)


def test_short_passes_go_round_the_digits_in_order():
    """Two passes of 90 are three of 60, where mu is all and steps never change."""
    three = Recipe1998(etas=(1e6,) * 3, mu=1e9)
    two = replace(three, etas=(1e6,) * 2, digits_per_pass=90)
    one, other = (train_1998(DIGITS, LABELS, recipe, 0)[0] for recipe in (two, three))
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-5, err_msg=name)


def test_fixed_weights_are_taken_and_never_move():
    fixed = {"c1.weight": np.full((6, 1, 5, 5), 0.1, np.float32)}
    weights, _ = train_1998(DIGITS, LABELS, SHORT, 0, fixed=fixed)
    assert (weights["c1.weight"] == fixed["c1.weight"]).all()
    assert (weights["c1.bias"] != 0).all()


def test_digits_and_labels_of_the_wrong_form_are_refused(weights):
    small, strange = DIGITS[:, 2:30, 2:30], np.where(LABELS == 3, 12, LABELS)
    with pytest.raises(ValueError, match=r"of 32×32.*pad them with lenet\.data\.pad"):
        train_1998(small, LABELS, SHORT, 0)
    with pytest.raises(ValueError, match="of 32×32"):
        engine.predict(weights, small)
    with pytest.raises(ValueError, match="60 digits but 59 labels"):
        train_1998(DIGITS, LABELS[:59], SHORT, 0)
    with pytest.raises(ValueError, match="from 0 to 9, got 12"):
        train_1998(DIGITS, strange, SHORT, 0)

"""The compiled engine against the PyTorch network and autograd."""

import numpy as np
import pytest
import torch

from lenet.original import engine, kernels, network, sdlm
from lenet.original.engine import Recipe1998, train_1998


@pytest.fixture(scope="module")
def digits():
    """Strokes at random places: no file is needed, and no two are alike."""
    rng = np.random.default_rng(0)
    images = np.zeros((60, 32, 32), np.uint8)
    for image in images:
        for _ in range(4):
            i, j = rng.integers(4, 22, 2)
            image[i : i + rng.integers(2, 8), j : j + rng.integers(2, 8)] = 255
    return images


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(1).integers(0, 10, 60).astype(np.uint8)


@pytest.fixture
def weights():
    drawn = network.initial_weights(2, 1.4, 0.5, coefficient=0.5)
    rng = np.random.default_rng(3)
    for name in drawn:
        if name.endswith(("bias", "coefficient")):
            drawn[name] += rng.normal(0, 0.1, drawn[name].shape).astype(np.float32)
    return drawn


def loss_of(model, digit, label, factor, rubbish):
    distances = factor * model(network.to_input(digit[None]))
    if rubbish is None:
        return distances[0, label]  # eq. 8
    return network.map_loss(distances, torch.tensor([int(label)]), rubbish)


def train(weights, steps, digits, labels, order, factor, rubbish):
    """Train weights in place with the kernels; return the number got wrong."""
    rubbish = np.float32("nan" if rubbish is None else rubbish)
    return kernels.train_digits(
        kernels.as_net(weights), kernels.as_net(steps), kernels.new_state(),
        digits.reshape(-1, 1024), labels, np.asarray(order), engine.CODES,
        np.float32(factor), rubbish,
    )  # fmt: skip


CRITERIA = [(1.0, None), (0.5, None), (1.0, 0.1), (0.5, 3.0), (0.5, 40.0), (1.0, 1e9)]


@pytest.mark.parametrize(("factor", "rubbish"), CRITERIA)
def test_one_step_of_size_one_is_the_gradient(weights, digits, labels, factor, rubbish):
    after = {name: values.copy() for name, values in weights.items()}
    model = network.with_weights(weights)
    loss_of(model, digits[4], labels[4], factor, rubbish).backward()
    ones = {name: np.ones_like(values) for name, values in weights.items()}
    train(after, ones, digits, labels, [4], factor, rubbish)
    for name, parameter in model.named_parameters():
        moved, gradient = weights[name] - after[name], parameter.grad.numpy()
        atol = 1e-5 * np.abs(gradient).max()
        np.testing.assert_allclose(moved, gradient, rtol=2e-4, atol=atol, err_msg=name)


@pytest.mark.parametrize(("factor", "rubbish"), [(0.5, 10.0), (1.0, None)])
def test_fifty_steps_follow_autograd(weights, digits, labels, factor, rubbish):
    """Every parameter has its own step size, each digit meets updated weights."""
    model, images = network.with_weights(weights), network.to_input(digits)
    steps = sdlm.step_sizes(sdlm.diagonal_curvature(model, images, 2 * factor), 5e-4)
    order, num_wrong = np.random.default_rng(4).permutation(60)[:50], 0
    for n in order:
        num_wrong += int(model(images[n : n + 1]).argmin()) != labels[n]
        model.zero_grad()
        loss_of(model, digits[n], labels[n], factor, rubbish).backward()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter -= steps[name] * parameter.grad
    assert train(weights, steps, digits, labels, order, factor, rubbish) == num_wrong
    for name, parameter in model.named_parameters():
        expected = parameter.detach().numpy()
        np.testing.assert_allclose(
            weights[name], expected, rtol=1e-3, atol=2e-4, err_msg=name
        )


def test_squash_agrees_with_tanh_and_never_leaves_its_range():
    a = np.linspace(-40, 40, 100_001).astype(np.float32)
    y = a.copy()
    kernels.squash_all(y)
    np.testing.assert_allclose(y, 1.7159 * np.tanh(2 / 3 * a.astype(float)), atol=6e-7)
    assert np.abs(y).max() <= np.float32(1.7159)


def test_digits_are_read_and_counted_as_the_network_reads_them(weights, digits, labels):
    read = engine.predict(weights, digits)
    slow = network.with_weights(weights)(network.to_input(digits)).argmin(1).numpy()
    assert read.tolist() == slow.tolist()
    assert engine.count_wrong(weights, digits, labels) == (slow != labels).sum()


def short(**changes):
    return Recipe1998(etas=(5e-4, 2e-4), **changes)


def test_training_repeats_with_its_seed_and_only_with_it(digits, labels):
    first, passes = train_1998(digits, labels, short(), seed=0)
    again, repeated = train_1998(digits, labels, short(), seed=0)
    other, _ = train_1998(digits, labels, short(), seed=1)
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["c5.weight"] != other["c5.weight"]).any()
    assert passes == repeated


def test_training_learns_its_digits(digits, labels):
    recipe = Recipe1998(etas=(5e-4,) * 15)
    weights, passes = train_1998(digits, labels, recipe, seed=0)
    assert passes[-1].num_wrong < passes[0].num_wrong / 2
    assert (engine.predict(weights, digits) == labels).mean() > 0.5


def test_on_pass_sees_the_weights_of_the_pass(digits, labels):
    seen = []

    def on_pass(record, weights):
        seen.append((record, weights["f6.bias"].copy()))

    last, passes = train_1998(digits, labels, short(), 0, on_pass)
    assert [record for record, _ in seen] == passes
    assert [record.number for record in passes] == [1, 2]
    assert (seen[1][1] == last["f6.bias"]).all()
    assert (seen[0][1] != seen[1][1]).any()


def test_the_curvature_is_estimated_before_each_pass(digits, labels):
    """Same eta, other weights: other steps. Those of a layer can be made one."""
    each, layer = (
        train_1998(digits, labels, Recipe1998(etas=(5e-4,) * 2, curvature=policy), 0)[1]
        for policy in ("each", "layer")
    )
    assert each[0].largest_step != each[1].largest_step
    assert layer[0].largest_step < each[0].largest_step
    assert layer[0].least_step > each[0].least_step


def test_short_passes_go_round_the_digits_in_order(digits, labels):
    """Two passes of 90 are three of 60, where the steps never change."""
    flat = {"mu": 1e9}  # beside which the curvature is nothing
    three = Recipe1998(etas=(1e6,) * 3, **flat)
    two = Recipe1998(etas=(1e6,) * 2, digits_per_pass=90, **flat)
    one, other = (train_1998(digits, labels, recipe, 0)[0] for recipe in (two, three))
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-5, err_msg=name)


def test_fixed_weights_are_taken_and_never_move(digits, labels):
    fixed = {"c1.weight": np.full((6, 1, 5, 5), 0.1, np.float32)}
    weights, _ = train_1998(digits, labels, short(), 0, fixed=fixed)
    assert (weights["c1.weight"] == fixed["c1.weight"]).all()
    assert (weights["c1.bias"] != 0).all()


def test_digits_of_the_wrong_form_are_refused(weights, digits, labels):
    cropped = digits[:, 2:30, 2:30]
    for use in (lambda: train_1998(cropped, labels, short(), 0),
                lambda: engine.predict(weights, cropped)):  # fmt: skip
        with pytest.raises(
            ValueError, match=r"of 32×32.*pad them with lenet\.data\.pad"
        ):
            use()
    with pytest.raises(ValueError, match="60 digits but 59 labels"):
        train_1998(digits, labels[:59], short(), 0)
    with pytest.raises(ValueError, match="from 0 to 9, got 12"):
        train_1998(digits, np.where(labels == 3, 12, labels), short(), 0)


@pytest.mark.parametrize("choice", [{"rubbish": np.nan}, {"curvature": "never"}])
def test_a_choice_that_cannot_be_meant_is_refused_by_name(choice):
    with pytest.raises(ValueError, match=next(iter(choice))):
        Recipe1998(**choice)

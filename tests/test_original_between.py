"""Networks between 1998 and today against those at either end."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from lenet.data import Digits
from lenet.model import count_parameters
from lenet.original import minibatch, network, sdlm
from lenet.original.between import Between, Parts, map_criterion
from lenet.original.network import C3_INPUTS, C3_MAPS, LeNet5_1998
from lenet.studies import to_modern

LINEAR = Parts(full_c3=True, averages=True, linear_output=True)


@pytest.fixture(scope="module")
def digits():
    """Squares, a batch and a half; the row of a square is its label."""
    rng = np.random.default_rng(0)
    images = np.zeros((48, 32, 32), np.uint8)
    for n, image in enumerate(images):
        i, j = 3 + 2 * (n % 10), rng.integers(4, 22)
        image[i : i + 6, j : j + 6] = 255
    return Digits(torch.from_numpy(images), torch.arange(48) % 10)


@pytest.fixture(scope="module")
def images(digits):
    return digits.images[:6, None] / 255


@pytest.fixture
def as_printed():
    """The network of 1998 in both forms, with one set of weights."""
    between, printed = Between(Parts(), seed=0), LeNet5_1998()
    with torch.no_grad():
        for parameter in between.parameters():
            parameter.add_(0.05)
    printed.load_state_dict(between.state_dict())
    return between, printed


def test_without_changes_it_is_the_network_of_1998(as_printed, digits, images):
    between, printed = as_printed
    distances = printed(network.to_input(digits.images[:6].numpy()))
    torch.testing.assert_close(between(images), -0.5 * distances)
    expected = network.map_loss(0.5 * distances, digits.labels[:6], 3.0)
    torch.testing.assert_close(
        map_criterion(between(images), digits.labels[:6]), expected
    )


def test_its_weights_keep_the_range_of_1998():
    drawn = Between(Parts(), seed=1).state_dict()
    for name, fan_in in network.fan_ins().items():
        relative = np.abs(drawn[name].numpy()) * fan_in**0.5 / 2.4
        assert 0.95 < relative.max() <= 1.0001, name
    assert (drawn["s2.coefficient"] == 0.25).all()
    assert (drawn["c5.bias"] == 0).all()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (Parts(), 60_000),
        (Parts(full_c3=True), 60_900),
        (Parts(full_c3=True, averages=True), 60_856),
        (LINEAR, 61_706),
    ],
)
def test_parameters_of_each_step(parts, expected):
    assert count_parameters(Between(parts, seed=0)) == expected


def test_curvature_is_that_of_the_network_of_1998(as_printed, digits, images):
    between, printed = as_printed
    inputs = network.to_input(digits.images[:6].numpy())
    expected = sdlm.diagonal_curvature(printed, inputs, 1.0)
    for name, h in minibatch.curvature(between, images).items():
        torch.testing.assert_close(h, expected[name], rtol=1e-4, atol=1e-7)


def test_curvature_of_full_c3_with_the_weights_of_table_1(as_printed, images):
    table, _ = as_printed
    full = Between(Parts(full_c3=True), seed=0)
    weights = table.state_dict()
    weights["c3.weight"] = table.c3.dense(weights["c3.weight"])
    full.load_state_dict(weights)
    expected, actual = (minibatch.curvature(each, images) for each in (table, full))
    actual["c3.weight"] = actual["c3.weight"][C3_MAPS, C3_INPUTS]
    for name, h in expected.items():
        torch.testing.assert_close(actual[name], h, rtol=1e-4, atol=1e-7)


def test_curvature_of_the_linear_output_is_the_hessians(images, digits):
    model = Between(LINEAR, seed=0)
    f6 = model.states(images)["f6"].detach()

    def loss(bias):
        logits = f6 @ model.output.weight.detach().T + bias
        return torch.nn.functional.cross_entropy(logits, digits.labels[:6])

    hessian = torch.autograd.functional.hessian(loss, model.output.bias.detach())
    h = minibatch.curvature(model, images)
    torch.testing.assert_close(h["output.bias"], hessian.diagonal())


def test_averages_hand_back_squares_of_a_quarter():
    model = Between(LINEAR, seed=0)
    x, above = torch.rand(1, 1, 4, 4), torch.rand(1, 1, 2, 2)
    jacobian = torch.autograd.functional.jacobian(model.s2, x)
    expected = torch.einsum("abijcdkl,abij->cdkl", jacobian**2, above)
    actual = minibatch._pooled_back({}, "s2", model, {}, x, None, above)
    torch.testing.assert_close(actual, expected)


def test_own_steps_are_those_of_equation_18(images, digits):
    model = Between(Parts(), seed=0)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = minibatch.DiagonalLM(model, images)
    optimizer.estimate()
    for group in optimizer.param_groups:
        group["lr"] = 0.01
    map_criterion(model(images), digits.labels[:6]).backward()
    optimizer.step()
    h = minibatch.curvature(Between(Parts(), seed=0), images)
    for name, after in model.named_parameters():
        expected = before[name] - 0.01 / (0.02 + h[name]) * after.grad
        torch.testing.assert_close(after.detach(), expected)


@pytest.mark.parametrize("step", to_modern.STEPS)
def test_every_step_learns_its_digits_and_repeats(step, digits):
    plan = to_modern.STEPS[step]
    runs = [to_modern.new_network(plan, seed) for seed in (0, 0, 1)]
    rates = 20 * [plan.rate / 2]
    for model, seed in zip(runs, (0, 0, 1), strict=True):
        minibatch.train_minibatches(model, digits, plan.method, rates, seed)
    first, again, other = (next(model.parameters()) for model in runs)
    assert (first == again).all()
    assert (first != other).any()
    right = (runs[0](digits.images[:, None] / 255).argmax(1) == digits.labels).sum()
    assert right > 20  # chance: 5


def test_each_step_changes_one_thing():
    """Parts, method or network; the rate follows where the last two change."""
    steps = [*to_modern.STEPS.values()]
    for one, next_one in pairwise(steps):
        assert (one.parts != next_one.parts) + (one.method != next_one.method) == 1
    for name, rates in to_modern.RATES.items():
        assert to_modern.STEPS[name].rate in rates

"""Networks between 1998 and today against those at either end."""

import numpy as np
import pytest
import torch

from lenet.data import Digits
from lenet.model import new_model
from lenet.original import hybrid, network, sdlm
from lenet.original.hybrid import Hybrid, Parts, curvature, train_minibatches

LINEAR = Parts(full_c3=True, averages=True, linear_output=True)

# Squares, a batch and a half; the row of a square is its label.
DIGITS = Digits(torch.zeros(48, 32, 32, dtype=torch.uint8), torch.arange(48) % 10)
for n, column in enumerate(np.random.default_rng(0).integers(4, 22, 48)):
    row = 3 + 2 * (n % 10)
    DIGITS.images[n, row : row + 6, column : column + 6] = 255
IMAGES, LABELS = DIGITS.images[:, None] / 255, DIGITS.labels
INPUTS = network.to_input(DIGITS.images[:6].numpy())


@pytest.fixture
def table():
    """The network of 1998 as a hybrid, with biases."""
    model = Hybrid(Parts(), seed=0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05)
    return model


def test_without_changes_it_is_the_network_of_1998(table):
    printed = network.LeNet5_1998()
    printed.load_state_dict(table.state_dict())
    distances, scores = 0.5 * printed(INPUTS), table(IMAGES[:6])
    torch.testing.assert_close(scores, -distances)
    expected = network.map_loss(distances, LABELS[:6], 3.0)
    torch.testing.assert_close(hybrid.map_criterion(scores, LABELS[:6]), expected)
    h = sdlm.diagonal_curvature(printed, INPUTS, 1.0)
    torch.testing.assert_close(curvature(table, INPUTS), h)


def test_its_weights_are_drawn_as_those_of_1998():
    drawn = Hybrid(Parts(), seed=1).state_dict()
    for name, values in network.initial_weights(1, 2.4, 0.5, 0.25).items():
        most = pytest.approx(abs(values).max(), rel=0.05)
        assert drawn[name].abs().max() == most, name
        assert name.endswith("weight") or (drawn[name] == values[0]).all(), name


def test_parameters_of_each_step():
    parts = Parts(), Parts(full_c3=True), Parts(full_c3=True, averages=True), LINEAR
    models = [Hybrid(each, seed=0) for each in parts]
    counts = [sum(p.numel() for p in model.parameters()) for model in models]
    assert counts == [60_000, 60_900, 60_856, 61_706]


def test_curvature_of_full_c3_with_the_weights_of_table_1(table):
    full = Hybrid(Parts(full_c3=True), seed=0)
    full.load_state_dict(table.state_dict() | {"c3.weight": table.c3.dense()})
    expected, actual = curvature(table, INPUTS), curvature(full, INPUTS)
    kernels = network.C3_MAPS, network.C3_INPUTS
    actual["c3.weight"] = actual["c3.weight"][kernels]
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-7)


def test_curvature_of_the_linear_output_is_the_hessians():
    model = Hybrid(LINEAR, seed=0).requires_grad_(False)
    f6 = model.states(INPUTS)["f6"]

    def loss(bias):
        logits = f6 @ model.output.weight.T + bias
        return torch.nn.functional.cross_entropy(logits, LABELS[:6])

    hessian = torch.autograd.functional.hessian(loss, model.output.bias)
    h = curvature(model, INPUTS)
    torch.testing.assert_close(h["output.bias"], hessian.diagonal())


def test_averages_hand_back_squares_of_a_quarter():
    layer = torch.nn.AvgPool2d(2)
    x, above = torch.rand(1, 1, 4, 4), torch.rand(1, 1, 2, 2)
    jacobian = torch.autograd.functional.jacobian(layer, x)
    expected = torch.einsum("abijcdkl,abij->cdkl", jacobian**2, above)
    torch.testing.assert_close(sdlm.curvature_below(layer, x, above)[1], expected)


def test_one_update_is_that_of_equation_18():
    """On one batch in which all digits are the sample of the curvature, too."""
    batch, model = DIGITS[:20], Hybrid(Parts(), seed=0)
    hybrid.map_criterion(model(IMAGES[:20]), batch.labels).backward()
    h = curvature(model, network.to_input(batch.images.numpy()))
    trained = Hybrid(Parts(), seed=0)
    train_minibatches(trained, batch, "sdlm", [0.01], seed=0)
    for name, before in model.named_parameters():
        expected = before - 0.01 / (0.02 + h[name]) * before.grad
        after = trained.get_parameter(name)
        torch.testing.assert_close(after, expected, rtol=1e-4, atol=1e-6)


RUNS = (LINEAR, "sdlm", 0.004), (LINEAR, "sgd", 0.05), (None, "adam", 0.0005)


@pytest.mark.parametrize(("parts", "method", "rate"), RUNS)
def test_every_method_learns_its_digits_and_repeats(parts, method, rate):
    seeds = (0, 0, 1)
    runs = [Hybrid(parts, seed) if parts else new_model(seed) for seed in seeds]
    for model, seed in zip(runs, seeds, strict=True):
        train_minibatches(model, DIGITS, method, 20 * [rate], seed)
    first, again, other = (next(model.parameters()) for model in runs)
    assert (first == again).all()
    assert (first != other).any()
    assert (runs[0](IMAGES).argmax(1) == LABELS).sum() > 20  # chance: 5

"""Networks between 1998 and today against those at either end."""

import pytest
import torch

from lenet.data import load_dataset
from lenet.original import hybrid, network, sdlm
from lenet.original.hybrid import Hybrid, Parts, curvature, train_minibatches
from lenet.original.recipe import Recipe1998, initial_weights

LINEAR = Parts(full_c3=True, averages=True, linear_output=True)

DIGITS = load_dataset("sample").train[:48]  # a batch and a half
IMAGES, LABELS = DIGITS.images[:, None] / 255, DIGITS.labels
INPUTS = network.to_input(DIGITS.images[:6])


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
    for name, values in initial_weights(1, Recipe1998()).items():
        most = pytest.approx(abs(values).max(), rel=0.05)
        assert drawn[name].abs().max() == most, name
        assert name.endswith("weight") or (drawn[name] == values[0]).all(), name


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


@pytest.mark.parametrize("method", ["sdlm", "sgd", "adam"])
def test_two_updates_are_those_of_the_method(method):
    """On batches in which all digits are the sample of the curvature, too."""
    batch = DIGITS[:20]
    parts, loss = Parts(), hybrid.map_criterion
    if method != "sdlm":
        parts, loss = LINEAR, torch.nn.functional.cross_entropy
    trained, model = Hybrid(parts, seed=0), Hybrid(parts, seed=0)
    train_minibatches(trained, batch, method, [0.01, 0.002], seed=0)
    adam = torch.optim.Adam(model.parameters())
    for rate in (0.01, 0.002):
        model.zero_grad()
        loss(model(IMAGES[:20]), batch.labels).backward()
        h = curvature(model, network.to_input(batch.images))
        if method == "adam":
            adam.param_groups[0]["lr"] = rate
            adam.step()
            continue
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                divisor = 0.02 + h[name] if method == "sdlm" else 1
                parameter -= rate / divisor * parameter.grad  # eq. 18
    for name, expected in model.named_parameters():
        after = trained.get_parameter(name)
        torch.testing.assert_close(after, expected, rtol=1e-4, atol=1e-6)


def test_training_repeats_with_its_seed_and_only_with_it():
    models = [Hybrid(LINEAR, seed=0) for _ in range(3)]
    for model, seed in zip(models, (0, 0, 1), strict=True):
        train_minibatches(model, DIGITS, "sgd", [0.05], seed)
    first, again, other = (model.c1.weight for model in models)
    assert (first == again).all()
    assert (first != other).any()

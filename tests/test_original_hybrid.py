"""Networks between 1998 and today against those at either end."""

import pytest
import torch
from torch.autograd.functional import hessian
from torch.nn.functional import cross_entropy

from lenet.data import load_dataset
from lenet.original import hybrid, network, sdlm
from lenet.original.hybrid import Hybrid, Parts, curvature, train_minibatches
from lenet.original.recipe import Recipe1998, initial_weights

LINEAR = Parts(full_c3=True, averages=True, linear_output=True)

DIGITS = load_dataset("sample").train[:48]  # a batch and a half
IMAGES, LABELS = DIGITS.images[:, None] / 255, DIGITS.labels
INPUTS = network.to_input(DIGITS.images[:6])


def test_without_changes_it_is_the_network_of_1998():
    table = Hybrid(Parts(), seed=0)
    with torch.no_grad():
        table.f6.bias += 0.05
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


def test_curvature_of_the_linear_output_is_the_hessians():
    model = Hybrid(LINEAR, seed=0).requires_grad_(False)
    f6 = model.states(INPUTS)["f6"]

    def loss(bias):
        logits = f6 @ model.output.weight.T + bias
        return cross_entropy(logits, LABELS[:6])

    h = curvature(model, INPUTS)["output.bias"]
    torch.testing.assert_close(h, hessian(loss, model.output.bias).diagonal())


METHODS = ("sdlm", Parts()), ("sdlm", LINEAR), ("sgd", LINEAR), ("adam", LINEAR)


@pytest.mark.parametrize(("method", "parts"), METHODS)
def test_two_updates_are_those_of_the_method(method, parts):
    """On one batch a pass, in which all digits are the sample of the curvature, too."""
    batch, trained, model = DIGITS[:20], Hybrid(parts, seed=0), Hybrid(parts, seed=0)
    train_minibatches(trained, batch, method, [0.01, 0.002], seed=0)
    loss = cross_entropy if parts == LINEAR else hybrid.map_criterion
    kind = torch.optim.Adam if method == "adam" else torch.optim.SGD
    optimizer = kind(model.parameters())
    for rate in (0.01, 0.002):
        optimizer.zero_grad()
        loss(model(IMAGES[:20]), batch.labels).backward()
        h = curvature(model, network.to_input(batch.images))
        for name, parameter in model.named_parameters():
            parameter.grad /= 0.02 + h[name] if method == "sdlm" else 1  # eq. 18
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
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

"""Second derivatives and step sizes against slower ways to the same numbers."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from lenet.original import network, sdlm
from lenet.original.hybrid import Hybrid, Parts
from lenet.original.recipe import ETAS, Recipe1998, initial_weights

RNG = torch.Generator().manual_seed(1)
IMAGES = torch.rand(2, 1, 32, 32, generator=RNG, dtype=torch.float64) * 1.275 - 0.1
WEIGHTS = initial_weights(5, Recipe1998(scale=1.0, coefficient=0.3))
TABLE_1 = network.C3_MAPS, network.C3_INPUTS
MODEL = network.with_weights(WEIGHTS).double().requires_grad_(False)
AVERAGING = Hybrid(Parts(full_c3=True, averages=True), seed=0).double()
AVERAGING.requires_grad_(False)


def curvature_by_patches(model, images, above):
    """The recursion of App. C (eq. 23-27) over the units that each unit sees."""
    states, h, num = model.states(images), {}, len(images)
    inputs = dict(zip(states, [images, *states.values()], strict=False))
    for name, y in reversed(states.items()):
        layer, x = getattr(model, name), inputs[name]
        if isinstance(layer, nn.AvgPool2d):  # a quarter of each, and not squashed
            above = torch.kron(above / 4**2, torch.ones(2, 2))
            continue
        slope = 1.7159 * 2 / 3 / torch.cosh(torch.atanh(y / 1.7159)) ** 2
        at_sums = (slope**2 * above).reshape(num, len(layer.bias), -1)
        h[f"{name}.bias"] = at_sums.sum((0, 2)) / num
        if name[0] == "s":  # the coefficient multiplies a sum of four
            sums = sum(x[..., i::2, j::2] for i, j in np.ndindex(2, 2)).flatten(2)
            h[f"{name}.coefficient"] = (at_sums * sums**2).sum((0, 2)) / num
            below = (layer.coefficient[:, None] ** 2 * at_sums).reshape(y.shape)
            above = torch.kron(below, torch.ones(2, 2))
            continue
        table = isinstance(layer, network.TableConv)
        weight = layer.dense() if table else layer.weight
        side = 1 if name == "f6" else 5
        squares = functional.unfold(x, side) ** 2  # (N, inputs of a unit, units)
        by_weight = torch.einsum("nol,nkl->ok", at_sums, squares).reshape(weight.shape)
        kept = TABLE_1 if table else ...
        h[f"{name}.weight"] = by_weight[kept] / num
        below = torch.einsum("ok,nol->nkl", weight.flatten(1) ** 2, at_sums)
        above = functional.fold(below, x.shape[2:], side)
    return h


@pytest.mark.parametrize("model", [MODEL, AVERAGING], ids=["1998", "averages"])
def test_curvature_equals_the_sum_over_connections(model):
    actual = sdlm.diagonal_curvature(model, IMAGES, 2.0)
    expected = curvature_by_patches(model, IMAGES, 2.0)
    assert actual.keys() == expected.keys()
    for name, h in expected.items():
        np.testing.assert_allclose(actual[name], h, rtol=1e-9, err_msg=name)


def test_curvature_of_f6_is_the_hessians_where_the_error_is_nil():
    """With outputs on target the terms in f'' vanish and eq. 25 is exact in F6."""
    states = MODEL.states(IMAGES[:1])
    c5, f6 = states["c5"].flatten(), states["f6"][0]
    row = 7  # units of F6 do not share weights: one row's Hessian will do

    def loss(weight):
        return (network.squash(weight @ c5 + MODEL.f6.bias[row]) - f6[row]).square()

    hessian = torch.autograd.functional.hessian(loss, MODEL.f6.weight[row])
    h = sdlm.diagonal_curvature(MODEL, IMAGES[:1], 2.0)
    torch.testing.assert_close(h["f6.weight"][row], hessian.diagonal())


def test_schedule_has_the_twenty_passes_of_the_paper():
    assert Counter(ETAS) == {5e-4: 2, 2e-4: 3, 1e-4: 3, 5e-5: 4, 1e-5: 8}
    assert sorted(ETAS, reverse=True) == [*ETAS]

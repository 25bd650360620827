"""Second derivatives and step sizes against slower ways to the same numbers."""

from collections import Counter

import numpy as np
import torch

from lenet.original import network, sdlm
from lenet.original.recipe import ETAS, Recipe1998, initial_weights

RNG = torch.Generator().manual_seed(1)
IMAGES = torch.rand(2, 1, 32, 32, generator=RNG, dtype=torch.float64) * 1.275 - 0.1
WEIGHTS = initial_weights(5, Recipe1998(scale=1.0, coefficient=0.3))
MODEL = network.with_weights(WEIGHTS).double().requires_grad_(False)


def connections(kernels, size, side=5):
    """List the unit above, the unit below and the weight of each connection.

    A kernel is a pair of maps (output, input); the blocks of S2 and S4 have side 2,
    one weight, and do not overlap.
    """
    shape = len(kernels), size, size, side, side
    k, i, j, di, dj = np.indices(shape).reshape(5, -1)
    above, below = np.array(kernels)[k].T
    i_below, j_below, width = i + di, j + dj, size + side - 1
    if side == 2:
        i_below, j_below, width = 2 * i + di, 2 * j + dj, 2 * size
    unit_below = (below * width + i_below) * width + j_below
    weight = k if side == 2 else (k * side + di) * side + dj
    return (above * size + i) * size + j, unit_below, weight


TABLE_1 = [*zip(network.C3_MAPS, network.C3_INPUTS, strict=True)]
CONNECTIONS = {
    "c1": connections([(m, 0) for m in range(6)], 28),
    "s2": connections([(m, m) for m in range(6)], 14, side=2),
    "c3": connections(TABLE_1, 10),
    "s4": connections([(m, m) for m in range(16)], 5, side=2),
    "c5": connections([*np.ndindex(120, 16)], 1),
    "f6": connections([*np.ndindex(84, 120)], 1, side=1),
}


def curvature_by_connections(image, output_curvature):
    """The recursion of App. C for one image, connection by connection (eq. 23-27)."""
    y = {name: s.numpy().ravel() for name, s in MODEL.states(image[None]).items()}
    inputs = dict(zip(y, [image.numpy().ravel(), *y.values()], strict=False))
    at_outputs, h = output_curvature, {}
    for layer, (above, below, weight) in reversed(CONNECTIONS.items()):
        a = np.arctanh(y[layer] / 1.7159) * 1.5
        at_sums = (1.7159 * 2 / 3 / np.cosh(2 * a / 3) ** 2) ** 2 * at_outputs
        key = f"{layer}.{'coefficient' if layer[0] == 's' else 'weight'}"
        w, b = (MODEL.get_parameter(n).numpy() for n in (key, f"{layer}.bias"))
        h[f"{layer}.bias"] = at_sums.reshape(len(b), -1).sum(1)
        if layer[0] == "s":  # the coefficient multiplies a sum of four
            x = np.bincount(above, inputs[layer][below])
            h[key] = (at_sums * x**2).reshape(len(b), -1).sum(1)
        else:
            terms = at_sums[above] * inputs[layer][below] ** 2
            h[key] = np.bincount(weight, terms).reshape(w.shape)
        at_outputs = np.bincount(below, at_sums[above] * w.ravel()[weight] ** 2)
    return h


def test_curvature_equals_the_sum_over_connections():
    one, other = (curvature_by_connections(image, 2.0) for image in IMAGES)
    actual = sdlm.diagonal_curvature(MODEL, IMAGES, 2.0)
    assert actual.keys() == one.keys()
    for name in one:
        expected = (one[name] + other[name]) / 2
        np.testing.assert_allclose(actual[name], expected, rtol=1e-9, err_msg=name)


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

"""Second derivatives and step sizes against slower ways to the same numbers."""

import numpy as np
import pytest
import torch

from lenet.original import network, sdlm
from lenet.original.network import LeNet5_1998


@pytest.fixture(scope="module")
def model():
    net = LeNet5_1998()
    weights = network.initial_weights(seed=5, scale=1.0, power=0.5, coefficient=0.3)
    net.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    return net.double()


@pytest.fixture(scope="module")
def images():
    rng = torch.Generator().manual_seed(1)
    return torch.rand(2, 1, 32, 32, generator=rng, dtype=torch.float64) * 1.275 - 0.1


def numpy_states(model, image):
    states = {name: s[0].detach().numpy() for name, s in model.states(image).items()}
    return states | {"input": image[0].numpy()}


def slope_squared(y):
    """f'(a)^2 from y = f(a), by way of a and not by the module's own formula."""
    a = np.arctanh(y / 1.7159) * 1.5
    return (1.7159 * 2 / 3 / np.cosh(2 * a / 3) ** 2) ** 2


def conv_back(h, x, maps, weight, at_sum, layer):
    """One convolution, connection by connection (eq. 23 to 27); weight is by kernel.

    `maps` lists (output map, input map) of each kernel; returns the part of x.
    """
    below = np.zeros_like(x)
    h[f"{layer}.weight"] = np.zeros_like(weight)
    h[f"{layer}.bias"] = at_sum.sum((1, 2))
    for kernel, (m, s) in enumerate(maps):
        for i, j in np.ndindex(at_sum.shape[1:]):
            for ky, kx in np.ndindex(5, 5):
                u = at_sum[m, i, j]
                h[f"{layer}.weight"][kernel, ky, kx] += u * x[s, i + ky, j + kx] ** 2
                below[s, i + ky, j + kx] += u * weight[kernel, ky, kx] ** 2
    return below


def subsample_back(h, x, coefficient, at_sum, layer):
    below = np.zeros_like(x)
    h[f"{layer}.coefficient"] = np.zeros(len(x))
    h[f"{layer}.bias"] = at_sum.sum((1, 2))
    for m, i, j in np.ndindex(at_sum.shape):
        block = (m, slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2))
        h[f"{layer}.coefficient"][m] += at_sum[m, i, j] * x[block].sum() ** 2
        below[block] += at_sum[m, i, j] * coefficient[m] ** 2
    return below


def curvature_by_connections(model, image, output_curvature):
    """The recursion of App. C for one image, over all 340,068 connections."""
    y = numpy_states(model, image)
    w = {name: p.detach().numpy() for name, p in model.named_parameters()}
    h = {}
    at_sum = {"f6": slope_squared(y["f6"]) * output_curvature}
    c5 = y["c5"].ravel()
    h["f6.weight"], h["f6.bias"] = np.outer(at_sum["f6"], c5**2), at_sum["f6"]
    below = (at_sum["f6"][:, None] * w["f6.weight"] ** 2).sum(0)[:, None, None]
    every = [(m, s) for m in range(120) for s in range(16)]
    at_sum, by_kernel = slope_squared(y["c5"]) * below, w["c5.weight"].reshape(-1, 5, 5)
    below = conv_back(h, y["s4"], every, by_kernel, at_sum, "c5")
    at_sum = slope_squared(y["s4"]) * below
    below = subsample_back(h, y["c3"], w["s4.coefficient"], at_sum, "s4")
    at_sum, by_table = slope_squared(y["c3"]) * below, zip_table()
    below = conv_back(h, y["s2"], by_table, w["c3.weight"], at_sum, "c3")
    at_sum = slope_squared(y["s2"]) * below
    below = subsample_back(h, y["c1"], w["s2.coefficient"], at_sum, "s2")
    at_sum, by_kernel = slope_squared(y["c1"]) * below, w["c1.weight"].reshape(-1, 5, 5)
    conv_back(h, y["input"], [(m, 0) for m in range(6)], by_kernel, at_sum, "c1")
    return {name: value.reshape(w[name].shape) for name, value in h.items()}


def zip_table():
    return list(zip(network.C3_MAPS, network.C3_INPUTS, strict=True))


def test_curvature_equals_the_sum_over_connections(model, images):
    each = [curvature_by_connections(model, image[None], 2.0) for image in images]
    actual = sdlm.diagonal_curvature(model, images, 2.0)
    assert list(actual) == [name for name, _ in model.named_parameters()]
    for name, h in actual.items():
        expected = (each[0][name] + each[1][name]) / 2
        np.testing.assert_allclose(h.numpy(), expected, rtol=1e-9, err_msg=name)


def test_curvature_of_f6_is_the_hessians_where_the_error_is_nil(model, images):
    """With outputs on target the terms in f'' vanish and eq. 25 is exact in F6."""
    c5 = model.states(images[:1])["c5"].flatten(1).detach()
    f6 = model.states(images[:1])["f6"].detach()

    def loss(weight):
        return (network.squash(c5 @ weight.T + model.f6.bias) - f6).square().sum()

    row = 7  # units of F6 do not share weights: one row's Hessian will do
    weight = model.f6.weight.detach()

    def row_loss(values):
        return loss(torch.cat([weight[:row], values[None], weight[row + 1 :]]))

    hessian = torch.autograd.functional.hessian(row_loss, weight[row])
    h = sdlm.diagonal_curvature(model, images[:1], 2.0)
    torch.testing.assert_close(h["f6.weight"][row], hessian.diagonal())


def test_curvature_is_proportional_to_that_of_the_output(model, images):
    once = sdlm.diagonal_curvature(model, images, 1.0)
    twice = sdlm.diagonal_curvature(model, images, 2.0)
    for name in once:
        torch.testing.assert_close(2 * once[name], twice[name])
        assert (once[name] >= 0).all()


def test_step_sizes_are_equation_18():
    curvature = {"w": torch.tensor([0.0, 0.08, 1.98])}
    steps = sdlm.step_sizes(curvature, eta=5e-4)
    torch.testing.assert_close(steps["w"], torch.tensor([0.025, 0.005, 2.5e-4]))


def test_schedule_has_the_twenty_passes_of_the_paper():
    assert len(sdlm.ETAS) == 20
    changes = [sdlm.ETAS[n] for n in (0, 1, 2, 4, 5, 7, 8, 11, 12, 19)]
    assert changes == [5e-4, 5e-4, 2e-4, 2e-4, 1e-4, 1e-4, 5e-5, 5e-5, 1e-5, 1e-5]

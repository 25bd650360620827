"""Second derivatives and step sizes against slower ways to the same numbers."""

import numpy as np
import torch

from lenet.original import network, sdlm

RNG = torch.Generator().manual_seed(1)
IMAGES = torch.rand(2, 1, 32, 32, generator=RNG, dtype=torch.float64) * 1.275 - 0.1
WEIGHTS = network.initial_weights(5, 1.0, 0.5, coefficient=0.3)
MODEL = network.with_weights(WEIGHTS).double().requires_grad_(False)


def slope_squared(y):
    """f'(a)^2 from y = f(a), by way of a and not by the module's own formula."""
    a = np.arctanh(y / 1.7159) * 1.5
    return (1.7159 * 2 / 3 / np.cosh(2 * a / 3) ** 2) ** 2


def conv_back(h, layer, x, maps, kernels, at_sum):
    """One convolution, connection by connection (eq. 23 to 27).

    `maps` lists (output map, input map) of each kernel; returns the part of x.
    """
    below, by_kernel = np.zeros_like(x), np.zeros_like(kernels)
    for kernel, (m, s) in enumerate(maps):
        for i, j in np.ndindex(at_sum.shape[1:]):
            u, field = at_sum[m, i, j], (s, slice(i, i + 5), slice(j, j + 5))
            by_kernel[kernel] += u * x[field] ** 2
            below[field] += u * kernels[kernel] ** 2
    h[f"{layer}.weight"], h[f"{layer}.bias"] = by_kernel, at_sum.sum((1, 2))
    return below


def subsample_back(h, layer, x, coefficient, at_sum):
    below, by_coefficient = np.zeros_like(x), np.zeros(len(x))
    for m, i, j in np.ndindex(at_sum.shape):
        block = (m, slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2))
        by_coefficient[m] += at_sum[m, i, j] * x[block].sum() ** 2
        below[block] += at_sum[m, i, j] * coefficient[m] ** 2
    h[f"{layer}.coefficient"], h[f"{layer}.bias"] = by_coefficient, at_sum.sum((1, 2))
    return below


def curvature_by_connections(image, output_curvature):
    """The recursion of App. C for one image, over all 340,068 connections."""
    y = {name: s[0].numpy() for name, s in MODEL.states(image[None]).items()}
    w = {name: p.numpy() for name, p in MODEL.named_parameters()}
    every = [(m, s) for m in range(120) for s in range(16)]
    table = [*zip(network.C3_MAPS, network.C3_INPUTS, strict=True)]
    kernels = {layer: w[f"{layer}.weight"].reshape(-1, 5, 5) for layer in ("c1", "c5")}
    at_sum, c5 = slope_squared(y["f6"]) * output_curvature, y["c5"].ravel()
    h = {"f6.weight": np.outer(at_sum, c5**2), "f6.bias": at_sum}
    below = (at_sum[:, None] * w["f6.weight"] ** 2).sum(0)[:, None, None]
    at_sum = slope_squared(y["c5"]) * below
    below = conv_back(h, "c5", y["s4"], every, kernels["c5"], at_sum)
    at_sum = slope_squared(y["s4"]) * below
    below = subsample_back(h, "s4", y["c3"], w["s4.coefficient"], at_sum)
    at_sum = slope_squared(y["c3"]) * below
    below = conv_back(h, "c3", y["s2"], table, w["c3.weight"], at_sum)
    at_sum = slope_squared(y["s2"]) * below
    below = subsample_back(h, "s2", y["c1"], w["s2.coefficient"], at_sum)
    at_sum = slope_squared(y["c1"]) * below
    from_input = [(m, 0) for m in range(6)]
    conv_back(h, "c1", image.numpy(), from_input, kernels["c1"], at_sum)
    return {name: h[name].reshape(w[name].shape) for name in w}


def test_curvature_equals_the_sum_over_connections():
    one, other = (curvature_by_connections(image, 2.0) for image in IMAGES)
    actual = sdlm.diagonal_curvature(MODEL, IMAGES, 2.0)
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


def test_step_sizes_are_equation_18():
    steps = sdlm.step_sizes({"w": torch.tensor([0.0, 0.08, 1.98])}, eta=5e-4)
    torch.testing.assert_close(steps["w"], torch.tensor([0.025, 0.005, 2.5e-4]))


def test_a_layer_can_share_its_mean_curvature():
    tensors = {"c1.weight": torch.ones(3), "c1.bias": torch.tensor([5.0])}
    tensors["f6.bias"] = torch.tensor([7.0])
    means = sdlm.layer_means(tensors)
    assert [means[name].tolist() for name in tensors] == [[2.0] * 3, [2.0], [7.0]]


def test_schedule_has_the_twenty_passes_of_the_paper():
    assert len(sdlm.ETAS) == 20
    changes = [sdlm.ETAS[n] for n in (0, 1, 2, 4, 5, 7, 8, 11, 12, 19)]
    assert changes == [5e-4, 5e-4, 2e-4, 2e-4, 1e-4, 1e-4, 5e-5, 5e-5, 1e-5, 1e-5]

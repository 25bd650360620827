"""Stochastic diagonal Levenberg-Marquardt: a step size for every parameter, App. C.

One digit at a time, parameter k moves by -eta / (mu + h_k) dE/dw_k (eq. 18 and 21).
h_k is an estimate of the second derivative of E, made on 500 digits before each pass
and then kept: flat directions get long steps, steep ones short steps.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lenet.original.network import (
    C3_INPUTS,
    C3_MAPS,
    LeNet5_1998,
    TableConv,
    block_sums,
    squash_slope,
)

MU = 0.02  # keeps the step finite where the curvature vanishes, sec. III-B
# Global step size of passes 1 to 20, sec. III-B.
ETAS = (5e-4,) * 2 + (2e-4,) * 3 + (1e-4,) * 3 + (5e-5,) * 4 + (1e-5,) * 8


def step_sizes(
    curvature: dict[str, Tensor], eta: float, mu: float = MU
) -> dict[str, Tensor]:
    """Return eta / (mu + h) for every parameter (eq. 18)."""
    return {name: eta / (mu + h) for name, h in curvature.items()}


def layer_means(curvature: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give every parameter of a layer the mean curvature of that layer."""
    layers: dict[str, list[Tensor]] = {}
    for name, h in curvature.items():
        layers.setdefault(name.split(".")[0], []).append(h.flatten())
    means = {layer: torch.cat(parts).mean() for layer, parts in layers.items()}
    return {
        name: torch.full_like(h, means[name.split(".")[0]])
        for name, h in curvature.items()
    }


@torch.no_grad()
def diagonal_curvature(
    model: LeNet5_1998, images: Tensor, output_curvature: float
) -> dict[str, Tensor]:
    """Estimate the second derivative of the loss with respect to every parameter.

    Walks back from F6 with the squares of what back-propagation uses (eq. 25 and 27):
    never negative, since the terms in f'' and off the diagonal are left out. A shared
    weight gets the sum over its connections (eq. 23), averaged over the digits.

    Args:
        images: (N, 1, 32, 32); the paper takes N = 500.
        output_curvature: of the loss by each F6 output: 2 for a squared distance.

    Returns:
        Tensors of the shapes and under the names of the model's parameters.
    """
    state = model.states(images)
    h: dict[str, Tensor] = {}
    weights = dict(model.named_parameters())

    above = torch.full_like(state["f6"], output_curvature)
    above = back_full(h, "f6", weights, state["c5"].flatten(1), state["f6"], above)
    above = back_conv(h, "c5", weights["c5.weight"], state["s4"], state["c5"],
                  above[:, :, None, None])  # fmt: skip
    above = back_subsample(h, "s4", weights, state["c3"], state["s4"], above)
    above = back_table(h, model.c3, state["s2"], state["c3"], above)
    above = back_subsample(h, "s2", weights, state["c1"], state["s2"], above)
    back_conv(h, "c1", weights["c1.weight"], images, state["c1"], above)
    return {name: h[name] for name in weights}


def back_full(h, layer, weights, x, y, above) -> Tensor:
    """Go back through a fully connected layer with outputs y; return the part of x."""
    at_sum = squash_slope(y) ** 2 * above  # by the weighted sum of each unit, eq. 27
    h[f"{layer}.weight"] = at_sum.T @ x**2 / len(x)  # eq. 25
    h[f"{layer}.bias"] = at_sum.mean(0)
    return at_sum @ weights[f"{layer}.weight"] ** 2


def back_conv(h, layer, weight, x, y, above) -> Tensor:
    """Go back through a convolution: sum over the positions that share a weight."""
    at_sum = squash_slope(y) ** 2 * above
    shared = torch.nn.grad.conv2d_weight(x**2, weight.shape, at_sum)
    h[f"{layer}.weight"] = shared / len(x)
    h[f"{layer}.bias"] = at_sum.sum((0, 2, 3)) / len(x)
    return functional.conv_transpose2d(at_sum, weight**2)


def back_table(h, c3: TableConv, x, y, above) -> Tensor:
    """Go back through C3: a convolution of which the 60 kernels of Table I exist."""
    above = back_conv(h, "c3", c3.dense(c3.weight), x, y, above)
    h["c3.weight"] = h["c3.weight"][C3_MAPS, C3_INPUTS]
    return above


def back_subsample(h, layer, weights, x, y, above) -> Tensor:
    """Go back through a subsampling layer: its coefficient multiplies a sum of four."""
    at_sum = squash_slope(y) ** 2 * above
    products = at_sum * block_sums(x) ** 2
    h[f"{layer}.coefficient"] = products.sum((0, 2, 3)) / len(x)
    h[f"{layer}.bias"] = at_sum.sum((0, 2, 3)) / len(x)
    scale = weights[f"{layer}.coefficient"][:, None, None] ** 2
    return (scale * at_sum).repeat_interleave(2, 2).repeat_interleave(2, 3)

"""Stochastic diagonal Levenberg-Marquardt: a step size for every parameter, App. C.

One digit at a time, parameter k moves by -eta / (mu + h_k) dE/dw_k (eq. 18 and 21).
h_k is an estimate of the second derivative of E, made on 500 digits before each pass
and then kept: flat directions get long steps, steep ones short steps.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import interpolate

from lenet.original import network
from lenet.original.recipe import Recipe1998

Named = dict[str, Tensor]  # one tensor for each parameter


def step_sizes(curvature: Named, eta: float, mu: float) -> Named:
    """Return eta / (mu + h) for every parameter (eq. 18)."""
    return {name: eta / (mu + h) for name, h in curvature.items()}


def estimated_steps(
    weights: network.Weights, images: Tensor, recipe: Recipe1998, eta: float
) -> Named:
    """Return the step sizes of a pass; images as from `to_input`."""
    model, at_f6 = network.with_weights(weights), 2 * recipe.distance_factor
    h = diagonal_curvature(model, images, at_f6)
    if recipe.curvature == "layer":
        h = {name: of_layer(h, name[:2]).mean().expand_as(h[name]) for name in h}
    return step_sizes(h, eta, recipe.mu)


def of_layer(tensors: Named, layer: str) -> Tensor:
    """Join the values of a layer, such as "c1", or of all layers, which is ""."""
    own = [each.flatten() for name, each in tensors.items() if name.startswith(layer)]
    return torch.cat(own)


@torch.no_grad()
def diagonal_curvature(
    model: network.LeNet5_1998, images: Tensor, output_curvature: float | Tensor
) -> Named:
    """Estimate the second derivative of the loss by every parameter of C1 to F6.

    Walks back from F6 with the squares of what back-propagation uses (eq. 25 and 27):
    never negative, since the terms in f'' and off the diagonal are left out. A shared
    weight gets the sum over its connections (eq. 23), averaged over the digits.

    Args:
        model: the network of 1998 or a hybrid.
        images: (N, 1, 32, 32) as from `to_input`; the paper takes N = 500.
        output_curvature: of the loss by each F6 output: 2 for a squared distance.
    """
    outputs = model.states(images)
    inputs = dict(zip(outputs, [images, *outputs.values()], strict=False))
    above, h = torch.as_tensor(output_curvature).expand_as(outputs["f6"]), {}
    for name, y in reversed(outputs.items()):
        layer = getattr(model, name)
        if not isinstance(layer, nn.AvgPool2d):  # today's S2 and S4 do not squash
            # From here on of the weighted sums, eq. 27.
            above = network.squash_slope(y) ** 2 * above.reshape(y.shape)
        by_parameter, above = curvature_below(layer, inputs[name], above)
        h = {f"{name}.{key}": each for key, each in by_parameter.items()} | h
    return h


def curvature_below(layer: nn.Module, x: Tensor, at_sums: Tensor):
    """Go back from a layer's weighted sums to its parameters and its inputs x."""
    if isinstance(layer, nn.AvgPool2d):
        return {}, interpolate(at_sums / 16, scale_factor=2)
    by_bias = at_sums.sum((0, *range(2, at_sums.ndim))) / len(x)
    if isinstance(layer, network.Subsample):  # the coefficient multiplies a sum of four
        by_scale = (at_sums * network.block_sums(x) ** 2).sum((0, 2, 3)) / len(x)
        by_block = layer.coefficient[:, None, None] ** 2 * at_sums
        below = interpolate(by_block, scale_factor=2)
        return {"coefficient": by_scale, "bias": by_bias}, below
    x = x.flatten(1) if isinstance(layer, nn.Linear) else x
    weight, x = (each.square().requires_grad_() for each in (layer.weight, x))
    with torch.enable_grad():  # with all squared, back-propagation is eq. 25 and 27
        sums = functional_call(layer, {"weight": weight}, x)
    by_weight, below = torch.autograd.grad(sums, (weight, x), at_sums)
    return {"weight": by_weight / len(x), "bias": by_bias}, below

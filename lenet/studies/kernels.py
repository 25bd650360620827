"""The kernels of C1, and how much each layer's output changes after a shift."""

import torch

from lenet.corruptions import transform
from lenet.data import Digits, to_input
from lenet.model import LeNet5, layer_outputs
from lenet.style import WIDTH, draw, new_figure


def draw_kernels(model: LeNet5):
    """Draw the kernels of C1 on one scale: negative white, positive black."""
    weights = model.feature_extractor.c1.weight.detach()[:, 0]
    most, num = float(weights.abs().max()), len(weights)
    with new_figure(WIDTH / num + 0.22, 1, num) as (figure, grid):
        for number, (axes, field) in enumerate(zip(grid.flat, weights, strict=True), 1):
            draw(axes, field, -most, most)
            axes.set_title(str(number), fontsize=7.5, pad=2)
    return figure, (
        f"The {num} kernels of C1, each of 5 by 5 weights between −{most:.2f} and "
        f"{most:.2f}: dark squares are positive weights."
    )


def correlation_after_shift(model: LeNet5, digits: Digits) -> dict[str, float]:
    """Correlate each layer's output with that for the digits moved right by a pixel."""
    pair = [to_input(x) for x in (digits.images, transform(digits.images, right=1))]
    before, after = ({"input": x} | layer_outputs(model, x) for x in pair)
    return {
        name: float(torch.stack([value, after[name]]).flatten(1).corrcoef()[0, 1])
        for name, value in before.items()
    }

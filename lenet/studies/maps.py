"""The kernels and maps of a network, and how much its maps change after a shift."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from lenet.corruptions import transform
from lenet.data import Digits, to_input
from lenet.model import LeNet5, layer_outputs
from lenet.style import WIDTH, draw, new_figure


def kernels(model: LeNet5):
    """Draw the kernels of C1 on one scale: negative white, positive black."""
    weights = model.feature_extractor.c1.weight.detach()[:, 0]
    most = float(weights.abs().max())
    return _numbered(weights, most, columns=6), (
        f"The {len(weights)} kernels of C1, each of 5 by 5 weights between "
        f"−{most:.2f} and {most:.2f}: dark squares are positive weights."
    )


def maps(model: LeNet5, image: Tensor, layer: str):
    """Draw the maps of c1, s2, c3 or s4 for a ``(32, 32)`` uint8 digit, −1 to 1."""
    values = layer_outputs(model, to_input(image[None]))[layer][0]
    num, height, width = values.shape
    alt = (
        f"The {num} maps of {layer.upper()} for one digit, {height} by {width} units "
        f"each, with values from {values.min():.2f} to {values.max():.2f}."
    )
    return _numbered(values, 1, columns=min(8, num)), alt.replace("-", "−")


def _numbered(fields: Tensor, most: float, columns: int) -> Figure:
    """Draw fields in rows, numbered from 1: −most is white, most is black."""
    rows = len(fields) // columns
    with new_figure(rows * (WIDTH / columns + 0.22), rows, columns) as (figure, grid):
        for number, (axes, field) in enumerate(zip(grid.flat, fields, strict=True), 1):
            draw(axes, field.numpy(), -most, most)
            axes.set_title(str(number), fontsize=7.5, pad=2)
    return figure


def correlation_after_shift(model: LeNet5, digits: Digits) -> dict[str, float]:
    """Correlate each layer's output with that for the digits moved right by a pixel."""
    pair = [to_input(x) for x in (digits.images, transform(digits.images, right=1))]
    before, after = ({"input": x} | layer_outputs(model, x) for x in pair)
    return {
        name: float(torch.stack([value, after[name]]).flatten(1).corrcoef()[0, 1])
        for name, value in before.items()
    }

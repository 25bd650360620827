"""The network drawn as in the paper's Fig. 2, with the real maps of one digit."""

from matplotlib.axes import Axes
from torch import Tensor

from lenet.data import to_input
from lenet.figures import layers
from lenet.model import LeNet5, layer_outputs
from lenet.style import BLUE, new_canvas, place

# All lengths are in inches.
HEIGHT, MIDDLE = 2.75, 1.4
# Of each layer: the left edge, the way from a plane to the next, right and down, the
# width and height of a unit, and what leads to the layer.
PLACES = {
    "input": (0.05, 0, 0, 0.0265, 0.0265, ""),
    "c1": (1.04, 0.1, 0.185, 0.0265, 0.0265, "5×5\nconvolution"),
    "s2": (2.42, 0.075, 0.18, 0.0265, 0.0265, "mean\nof 2×2"),
    "c3": (3.33, 0.036, 0.098, 0.0265, 0.0265, "5×5\nconvolution"),
    "s4": (4.27, 0.036, 0.105, 0.0265, 0.0265, "mean\nof 2×2"),
    "c5": (5.08, 0, 0, 0.12, 0.0142, "5×5\nconv."),
    "f6": (5.53, 0, 0, 0.12, 0.0142, "full"),
    "output": (5.98, 0, 0, 0.12, 0.12, "full"),
}


def network(model: LeNet5, image: Tensor):
    """Draw each layer for a ``(32, 32)`` uint8 digit, with its shape and parameters."""
    batch = to_input(image[None])
    values = {"input": batch} | layer_outputs(model, batch)
    values["output"] = probs = values["output"].softmax(1)
    _, *rows, (_, _, total, _) = layers(model)
    facts = [("Input", "1 × 32 × 32", "parameters:")]
    facts += [(name, shape, f"{num:,}") for name, shape, num, _ in rows]
    with new_canvas(HEIGHT) as (figure, axes):
        for (name, planes), fact in zip(values.items(), facts, strict=True):
            _describe(axes, name, fact, _draw_planes(axes, name, planes[0]))
        _draw_answer(axes, probs[0])
    shapes = "; ".join(f"{name} {shape}" for name, shape, _ in facts)
    alt = (
        f"The network, drawn layer by layer for one digit: {shapes}. In all {total:,} "
        f"parameters. The most probable class is {int(probs.argmax())}."
    )
    return figure, alt


def _draw_planes(axes: Axes, name: str, planes: Tensor) -> float:
    """Draw planes one upon the other; return the middle of the stack."""
    left, right, down, wide, high, _ = PLACES[name]
    if planes.ndim < 3 or planes.shape[2] == 1:
        planes = planes.reshape(1, -1, 1)
    num, rows, columns = planes.shape
    width, height = columns * wide, rows * high
    top = MIDDLE + (height + (num - 1) * down) / 2
    lowest = 0 if name in ("input", "output") else -1
    for number, plane in enumerate(planes):
        x, y = left + number * right, top - number * down
        place(axes, plane, (x, x + width, y - height, y), (lowest, 1), level=number)
    return left + (width + (num - 1) * right) / 2


def _describe(axes: Axes, name: str, fact: tuple, middle: float) -> None:
    title, shape, parameters = fact
    axes.text(middle, HEIGHT - 0.14, title, ha="center", weight="bold", size=8.5)
    shape = shape.removesuffix(" × 1 × 1")
    axes.text(middle, HEIGHT - 0.3, shape, ha="center", size=7.5)
    axes.text(middle, 0.06, parameters, ha="center", size=7.5)
    left, *_, way = PLACES[name]
    axes.text(left - 0.04, 0.24, way, ha="center", size=7, color=BLUE)


def _draw_answer(axes: Axes, probs: Tensor) -> None:
    left, *_, wide, high, _ = PLACES["output"]
    for label in range(len(probs)):
        y = MIDDLE + (4.5 - label) * high
        weight = "bold" if label == int(probs.argmax()) else "normal"
        axes.text(left + wide + 0.04, y, str(label), va="center", size=7, weight=weight)

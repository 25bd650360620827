"""The figures. Each function returns the figure and its alternative text."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from textwrap import fill

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from lenet.data import NUM_CLASSES, Digits
from lenet.predict import Prediction
from lenet.train import EpochRecord

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"  # Okabe and Ito's colours
WIDTH = 6.3  # inches, the width of the text
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
}


@contextmanager
def new_figure(height: float, rows: int = 1, columns: int = 1):
    """Make a figure of our own width and style, and no window."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        yield figure, figure.subplots(rows, columns, squeeze=False)


def losses(history: Sequence[EpochRecord], val_name: str = "test"):
    """Draw the losses over epochs, after each epoch and as met on the way."""
    epochs = [record.epoch for record in history]
    train = [record.train.loss for record in history]
    val = [record.val.loss for record in history]
    with new_figure(3.1) as (figure, ((axes,),)):
        running = [record.running_loss for record in history]
        axes.plot(epochs, running, ":", color=GREY, label="training, during the epoch")
        axes.plot(epochs, train, "o-", color=BLUE, label="training, after the epoch")
        axes.plot(
            epochs, val, "s--", color=VERMILION, label=f"{val_name}, after the epoch"
        )
        axes.set(xlabel="Epoch", ylabel="Cross-entropy loss (nats per digit)", ylim=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)
    best = min(range(len(val)), key=val.__getitem__)
    alt = (
        f"Line chart of cross-entropy loss over {len(epochs)} epochs. Training loss "
        f"goes from {train[0]:.3f} to {train[-1]:.3f} nats per digit; {val_name} loss "
        f"goes from {val[0]:.3f} to {val[-1]:.3f}, with its lowest value "
        f"{val[best]:.3f} after epoch {epochs[best]}."
    )
    return figure, alt


def digit_columns(digits: Digits, rows: int = 4):
    """Draw the first digits of each class, one column a class."""
    with new_figure(0.62 * rows + 0.3, rows, NUM_CLASSES) as (figure, grid):
        for label, column in enumerate(grid.T):
            images = digits.images[digits.labels == label][:rows]
            for axes in column[len(images) :]:
                axes.axis("off")
            for axes, image in zip(column, images, strict=False):
                draw_digit(axes, image)
            column[0].set_title(str(label))
    alt = f"Grid of digits: the first {rows} of each class from 0 to 9, by column."
    return figure, alt


def prediction_grid(digits: Digits, prediction: Prediction, num_digits: int = 40):
    """Draw the first digits with what was read and what is true."""
    shown = range(min(num_digits, len(digits)))
    figure = _labelled_grid(digits, prediction, shown)
    wrong = int((prediction.labels != digits.labels)[: len(shown)].sum())
    alt = (
        f"Grid of the first {len(shown)} digits, each with the predicted class, its "
        f"probability and the true label; {wrong} of them read wrongly."
    )
    return figure, alt


def surest_first(digits: Digits, prediction: Prediction) -> list[int]:
    """Return the indices of all misread digits, the surest mistake first."""
    wrong = (prediction.labels != digits.labels).nonzero().flatten()
    order = prediction.confidence[wrong].argsort(descending=True, stable=True)
    return wrong[order].tolist()


def mistakes(digits: Digits, prediction: Prediction, num_digits: int = 40):
    """Draw the mistakes of highest confidence, the surest first."""
    wrong = surest_first(digits, prediction)
    shown = wrong[:num_digits]
    figure = _labelled_grid(digits, prediction, shown)
    first = shown[0] if shown else None
    alt = f"Grid of {len(shown)} misread digits out of {len(wrong)}, the surest first"
    if shown:
        label, pred = int(digits.labels[first]), int(prediction.labels[first])
        alt += f": the surest is a {label} read as {pred}"
    return figure, alt + "."


def changed_digits(
    digits: Digits, changes: dict[str, Callable[[Tensor], Tensor]], rows: int = 3
):
    """Draw the first digits as they are and after each change, one column a change."""
    images = digits.images[:rows]
    columns = {"as they are": images}
    columns |= {name: change(images) for name, change in changes.items()}
    with new_figure(0.85 * rows + 0.3, rows, len(columns)) as (figure, grid):
        for column, (name, changed) in zip(grid.T, columns.items(), strict=True):
            column[0].set_title(fill(name, 13), fontsize=7.5)
            for axes, image in zip(column, changed, strict=True):
                draw_digit(axes, image)
    alt = f"Grid of {rows} digits, each shown {', '.join(columns)}."
    return figure, alt


def _labelled_grid(digits: Digits, prediction: Prediction, shown, columns: int = 8):
    rows = max(1, -(-len(shown) // columns))
    with new_figure(1.05 * rows, rows, columns) as (figure, grid):
        for axes in grid.flat[len(shown) :]:
            axes.axis("off")
        for axes, index in zip(grid.flat, shown, strict=False):
            label, pred = int(digits.labels[index]), int(prediction.labels[index])
            draw_digit(axes, digits.images[index], wrong=label != pred)
            sure = f"{100 * prediction.confidence[index]:.0f} %"
            axes.set_title(f"read {pred} ({sure})\ntrue {label}", fontsize=7, pad=2)
    return figure


def draw_digit(axes: Axes, image: Tensor, *, wrong: bool = False) -> None:
    """Show the 32x32 pixels that the network saw; a thick frame marks a mistake."""
    draw(axes, image.numpy(), 0, 255)
    if wrong:
        axes.spines[:].set(linewidth=1.8, color=VERMILION)


def draw(axes: Axes, values: np.ndarray, lowest: float, highest: float) -> None:
    """Show a field of values, from white to black, in a thin frame without ticks."""
    axes.imshow(
        values, cmap="gray_r", vmin=lowest, vmax=highest, interpolation="nearest"
    )
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, linewidth=0.4, color=GREY)

"""The house style, and the figures and tables of the first report.

A figure function returns the figure and its alternative text, a table function the rows
of the table.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from textwrap import fill

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from lenet import claims
from lenet.config import Config
from lenet.data import Dataset, Digits
from lenet.metrics import Proportion
from lenet.model import IMAGE_SIZE, NUM_CLASSES, LeNet5, layer_outputs
from lenet.predict import Prediction
from lenet.train import EpochRecord

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"  # Okabe and Ito's colours
Rows = list[list[str | int]]  # of a table; the first holds the headings
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
# Trainable parameters of each layer in 1998 (sec. II-B); the output has fixed codes.
PAPER_PARAMETERS = {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120}
PAPER_PARAMETERS |= {"f6": 10_164, "output": 0}


@contextmanager
def new_figure(height: float, rows: int = 1, columns: int = 1, **gridspec) -> Iterator:
    """Yield a figure in the house style and its ``(rows, columns)`` axes; no window."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        yield (
            figure,
            figure.subplots(rows, columns, squeeze=False, gridspec_kw=gridspec),
        )


def draw(axes: Axes, values, lowest: float, highest: float) -> None:
    """Show a field of values, from white to black, in a thin frame without ticks."""
    scale = {"vmin": lowest, "vmax": highest, "interpolation": "nearest"}
    axes.imshow(np.asarray(values), cmap="gray_r", **scale)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, linewidth=0.4, color=GREY)


def digit_grid(
    images: Mapping[int, Tensor],
    titles: Mapping[int, str],
    *,
    columns: int,
    framed: Container[int] = (),
) -> Figure:
    """Draw digits in rows, each under its title, some in a thick frame.

    Args:
        images: ``(N, 32, 32)`` uint8 digits, or a mapping from index to digit.
        titles: the title of each digit to draw, by its index in the images.
        columns: digits in a row.
        framed: the indices of those in a thick frame.
    """
    rows = max(1, -(-len(titles) // columns))
    lines = 1 + max((title.count("\n") for title in titles.values()), default=0)
    with new_figure((WIDTH / columns + 0.14 * lines) * rows, rows, columns) as new:
        figure, grid = new
        for axes in grid.flat[len(titles) :]:
            axes.axis("off")
        for axes, (index, title) in zip(grid.flat, titles.items(), strict=False):
            draw(axes, images[index], 0, 255)
            axes.set_title(title, fontsize=7, pad=2)
            if index in framed:
                axes.spines[:].set(linewidth=1.8, color=VERMILION)
    return figure


def losses(history: Sequence[EpochRecord], val_name: str = "test"):
    """Draw the losses over epochs, after each epoch and during it."""
    epochs = [record.epoch for record in history]
    train = [record.train.loss for record in history]
    val = [record.val.loss for record in history]
    running = [record.running_loss for record in history]
    with new_figure(3.1) as (figure, ((axes,),)):
        axes.plot(epochs, running, ":", color=GREY, label="training, during the epoch")
        axes.plot(epochs, train, "o-", color=BLUE, label="training, after the epoch")
        label = f"{val_name}, after the epoch"
        axes.plot(epochs, val, "s--", color=VERMILION, label=label)
        label_losses(axes)
    best = min(history, key=lambda record: record.val.loss)
    alt = (
        f"Line chart of cross-entropy loss over {len(epochs)} epochs. Training loss "
        f"goes from {train[0]:.3f} to {train[-1]:.3f} nats per digit; {val_name} loss "
        f"goes from {val[0]:.3f} to {val[-1]:.3f}, with its lowest value "
        f"{best.val.loss:.3f} after epoch {best.epoch}."
    )
    return figure, alt


def label_losses(axes: Axes) -> None:
    """Label the axes of a chart of losses over epochs."""
    axes.set(xlabel="Epoch", ylabel="Cross-entropy loss (nats per digit)", ylim=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)


def digit_columns(digits: Digits, rows: int = 4):
    """Draw the first digits of each class, one column a class."""
    with new_figure(0.62 * rows + 0.3, rows, NUM_CLASSES) as (figure, grid):
        for label, column in enumerate(grid.T):
            images = digits.images[digits.labels == label][:rows]
            for axes, image in zip(column, images, strict=False):
                draw(axes, image, 0, 255)
            for axes in column[len(images) :]:
                axes.axis("off")
            column[0].set_title(str(label))
    alt = f"Grid of digits: the first {rows} of each class from 0 to 9, by column."
    return figure, alt


def prediction_grid(digits: Digits, prediction: Prediction, num_digits: int = 40):
    """Draw the first digits with what was read and what is true."""
    shown = range(min(num_digits, len(digits)))
    wrong = [i for i in shown if prediction.labels[i] != digits.labels[i]]
    titles = {index: _title(digits, prediction, index) for index in shown}
    alt = (
        f"Grid of the first {len(shown)} digits, each with the predicted class, its "
        f"probability and the true label; {len(wrong)} of them read wrongly."
    )
    return digit_grid(digits.images, titles, columns=8, framed=wrong), alt


def mistakes(digits: Digits, prediction: Prediction, num_digits: int = 40):
    """Draw the mistakes of highest confidence, the most confident first."""
    wrong = by_confidence(digits, prediction)
    shown = wrong[:num_digits]
    titles = {index: _title(digits, prediction, index) for index in shown}
    alt = f"Grid of {len(shown)} misclassified digits out of {len(wrong)}"
    if shown:
        label, pred = digits.labels[shown[0]], prediction.labels[shown[0]]
        alt += f", by confidence; the first is a {label} read as {pred}"
    return digit_grid(digits.images, titles, columns=8, framed=shown), f"{alt}."


def by_confidence(digits: Digits, prediction: Prediction) -> list[int]:
    """Return the indices of all misclassified digits, the most confident first."""
    wrong = (prediction.labels != digits.labels).nonzero().flatten()
    order = prediction.confidence[wrong].argsort(descending=True, stable=True)
    return wrong[order].tolist()


def _title(digits: Digits, prediction: Prediction, index: int) -> str:
    confidence = f"{100 * prediction.confidence[index]:.0f} %"
    return (
        f"read {prediction.labels[index]} ({confidence})\ntrue {digits.labels[index]}"
    )


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
                draw(axes, image, 0, 255)
    return figure, f"Grid of {rows} digits, each shown {', '.join(columns)}."


def class_counts(dataset: Dataset) -> Rows:
    """Count the digits of each class in both splits."""
    rows = []
    for name, split in {"Training": dataset.train, "Test": dataset.read_test()}.items():
        counts = torch.bincount(split.labels, minlength=NUM_CLASSES)
        rows.append([name, *counts.tolist(), len(split)])
    header = ["", *map(str, range(NUM_CLASSES)), "all"]
    return [header, *rows]


def layers(model: LeNet5) -> Rows:
    """List the layers with output shape and parameters, here and in the paper."""
    device = next(model.parameters()).device
    blank = torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE, device=device)
    sizes = dict.fromkeys(PAPER_PARAMETERS, 0)
    for name, parameter in model.named_parameters():
        sizes[name.split(".")[1]] += parameter.numel()
    rows = []
    for name, output in layer_outputs(model, blank).items():
        shape = " × ".join(map(str, output.shape[1:]))
        title = name if name == "output" else name.upper()
        rows.append([title, shape, sizes[name], PAPER_PARAMETERS[name]])
    rows.append(["**all**", "", sum(sizes.values()), sum(PAPER_PARAMETERS.values())])
    header = ["Layer", "Output", "Parameters", "In 1998"]
    return [header, *rows]


def hyperparameters(config: Config) -> Rows:
    """List what was chosen before the run."""
    rows = [
        ["Optimiser", "Adam, PyTorch's defaults"],
        ["Learning rate", f"{config.learning_rate:g}"],
        ["Digits per update", config.batch_size],
        ["Epochs", config.num_epochs],
        ["Random seed", config.seed],
    ]
    return [["Hyperparameter", "Value"], *rows]


def results(num_epochs: int, train: Proportion, test: Proportion) -> Rows:
    """Set a run beside the paper and the earlier report."""
    paper, paper_train = claims.PAPER_TEST_ERRORS, 100 * (1 - claims.PAPER_TRAIN_ERROR)
    earlier = claims.EARLIER_TRAIN.percent, claims.EARLIER_TEST
    runs = [
        ("Paper, 1998", 60_000, claims.PAPER_PASSES, f"{paper_train:.2f} %"),
        ("Earlier report", 61_706, claims.EARLIER_EPOCHS, earlier[0]),
        ("**This run**", 61_706, num_epochs, train.percent),
    ]
    tests = (paper.complement, earlier[1], test)
    rows = [
        [*run, f"**{each.percent}**", each.interval_percent, each.total]
        for run, each in zip(runs, tests, strict=True)
    ]
    header = ["", "Parameters", "Epochs", "Training accuracy", "Test accuracy"]
    header += ["95 % interval", "Test digits"]
    return [header, *rows]


def accuracies(conditions: dict[str, Proportion]) -> Rows:
    """List what was read right under each condition."""
    rows = [
        [name, each.percent, each.interval_percent, each.complement.count, each.total]
        for name, each in conditions.items()
    ]
    header = ["Test digits", "Read right", "95 % interval", "Errors", "Digits"]
    return [header, *rows]


def verdicts(judged: Sequence[claims.Claim]) -> Rows:
    """List claims, measurements, rules and verdicts."""
    rows = [[c.text, c.measured, c.rule, f"**{c.verdict}**"] for c in judged]
    header = ["Claim", "Measured", "It holds if", "Verdict"]
    return [header, *rows]

"""The house style: how the figures and tables of all reports look."""

from collections.abc import Container, Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator
from torch import Tensor

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"  # Okabe and Ito's colours
Rows = list[list[str | int]]  # of a table; the first holds the headings
WIDTH = 6.3  # inches, the width of the text
GAP, LINE = 0.03, 0.12  # inches, around a digit of a grid, and of a title's line
TITLE = {"fontsize": 7, "ha": "center", "va": "bottom", "linespacing": 1.1}
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
def new_figure(height: float, rows: int = 1, columns: int = 1, **gridspec) -> Iterator:
    """Yield a figure in the house style and its ``(rows, columns)`` axes; no window."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=gridspec)
        yield figure, axes


def draw(axes: Axes, values, lowest: float, highest: float, **options) -> None:
    """Show ``(H, W)`` values, white to black, framed; the options are imshow's."""
    shades = {"cmap": "gray_r", "vmin": lowest, "vmax": highest}
    axes.imshow(np.asarray(values), **shades, interpolation="nearest", **options)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, linewidth=0.4, color=GREY)


@contextmanager
def new_canvas(height: float) -> Iterator:
    """Yield a figure and its one axes, measured in inches from the lower left."""
    with new_figure(height) as (figure, ((axes,),)):
        figure.set_layout_engine("none")
        axes.set(position=(0, 0, 1, 1))
        axes.axis("off")
        yield figure, axes
        axes.set(xlim=(0, WIDTH), ylim=(0, height))


def place(axes: Axes, values, box: tuple, ends: tuple, level=0, **frame) -> None:
    """Show ``(H, W)`` values, white to black, in a box of a canvas.

    Args:
        box: its left, right, bottom and top.
        ends: the values shown as white and as black.
        level: those of a higher level cover those of a lower one.
        frame: how its frame differs from a thin grey one.
    """
    left, right, bottom, top = box
    draw(axes, values, *ends, extent=box, zorder=level)
    style = {"fill": False, "lw": 0.5, "ec": GREY, "zorder": level + 0.5} | frame
    axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, **style))


def digit_grid(
    images: Tensor, titles: dict[int, str], columns: int, framed: Container[int] = ()
) -> Figure:
    """Draw some of ``(N, 32, 32)`` uint8 digits in rows, each under its title.

    Args:
        titles: the title of each digit to draw, by its index in the images.
        columns: digits in a row.
        framed: the indices of those in a thick frame.
    """
    every, pitch = [*titles.items()], WIDTH / columns
    rows = [every[start : start + columns] for start in range(0, len(every), columns)]
    lines = [max(title.count("\n") + bool(title) for _, title in row) for row in rows]
    bottom = LINE * sum(lines) + pitch * max(1, len(rows))
    with new_canvas(bottom) as (figure, axes):
        for row, num_lines in zip(rows, lines, strict=True):
            bottom -= LINE * num_lines + pitch
            for column, (index, title) in enumerate(row):
                left, top = column * pitch, bottom + pitch
                box = left + GAP, left + pitch - GAP, bottom + GAP, top - GAP
                frame = {"lw": 1.8, "ec": VERMILION} if index in framed else {}
                place(axes, images[index], box, (0, 255), **frame)
                axes.text(left + pitch / 2, top, title, **TITLE)
    return figure


def label_losses(axes: Axes) -> None:
    """Label the axes of a chart of losses over epochs, on a logarithmic scale."""
    axes.set_yscale("log", subs=[])
    axes.set(xlabel="Epoch", ylabel="Loss (nats per digit, log scale)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False)


def missing():
    """Stand in for a figure of MNIST's digits, which keeps its number, without them."""
    with new_figure(0.6) as (figure, ((axes,),)):
        axes.axis("off")
        axes.text(0.5, 0.5, "This figure needs MNIST.", ha="center", va="center")
    return figure, "A blank figure: it needs MNIST."

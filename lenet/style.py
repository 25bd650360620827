"""The house style: how the figures and tables of all reports look."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from torch import Tensor

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


@contextmanager
def new_figure(height: float, rows: int = 1, columns: int = 1, **gridspec) -> Iterator:
    """Yield a figure in the house style and its ``(rows, columns)`` axes; no window."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=gridspec)
        yield figure, axes


def draw(axes: Axes, values, lowest: float, highest: float) -> None:
    """Show a field of values, from white to black, in a thin frame without ticks."""
    values = np.asarray(values)
    axes.imshow(values, "gray_r", vmin=lowest, vmax=highest, interpolation="nearest")
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
    heights = [len(title.splitlines()) for title in titles.values()]
    starts = range(0, len(titles), columns)
    lines = sum(max(heights[start : start + columns]) for start in starts)
    rows = max(1, len(starts))
    with new_figure(WIDTH / columns * rows + 0.14 * lines, rows, columns) as new:
        figure, grid = new
        for axes in grid.flat[len(titles) :]:
            axes.axis("off")
        for axes, (index, title) in zip(grid.flat, titles.items(), strict=False):
            draw(axes, images[index], 0, 255)
            axes.set_title(title, fontsize=7, pad=2)
            if index in framed:
                axes.spines[:].set(linewidth=1.8, color=VERMILION)
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

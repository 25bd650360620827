"""Pictures of digits, kernels and maps: each with its alternative text."""

from collections.abc import Collection, Sequence

from torch import Tensor

from lenet.data import Digits
from lenet.evidence.measure import Runs, layer_maps, missed
from lenet.history import errors_1998, label_errors
from lenet.metrics import commonest_misreading
from lenet.model import LeNet5
from lenet.plots import WIDTH, draw, draw_digit, new_figure, surest_first
from lenet.predict import Prediction

__all__ = ["gallery", "hardest", "kernels", "maps", "pages", "surest_first"]
MOST_ROWS = 11  # of a gallery on one page


def pages(shown: Sequence[int], columns: int = 12) -> list[Sequence[int]]:
    """Cut a gallery into parts of equally many rows, none higher than a page."""
    rows = -(-len(shown) // columns)
    num = max(1, -(-rows // MOST_ROWS))
    size = columns * max(1, -(-rows // num))
    return [shown[start : start + size] for start in range(0, len(shown), size)]


def gallery(digits: Digits, prediction: Prediction, shown: Sequence[int]):
    """Draw misread digits under "true→read"; mark those of 1998 and doubtful labels."""
    doubtful = label_errors()
    titles = {
        index: f"{int(digits.labels[index])}→{int(prediction.labels[index])}"
        + ("*" if index in doubtful else "")
        for index in shown
    }
    again = [index for index in shown if index in errors_1998()]
    figure = _grid(digits, titles, again, columns=12)
    first, last = (float(prediction.confidence[i]) for i in (shown[0], shown[-1]))
    alt = (
        f"Grid of {len(shown)} misread digits, each with its label and what was read, "
        f"in order of confidence from {100 * first:.1f} to {100 * last:.1f} %; "
        f"{len(again)} of {len(shown)} are framed, as misread in 1998 too."
    )
    return figure, alt


def hardest(digits: Digits, seeds: Runs, num_digits: int = 36):
    """Draw the digits that most seeds misread, with the commonest wrong answer."""
    counts = missed(seeds)
    shown = list(counts)[:num_digits]
    answers = [run["misread"] for run in seeds]
    titles = {
        i: f"{int(digits.labels[i])}→{commonest_misreading(answers, i)}  ({counts[i]})"
        for i in shown
    }
    again = [index for index in shown if index in errors_1998()]
    figure = _grid(digits, titles, again, columns=9)
    alt = (
        f"Grid of the {len(shown)} test digits that most of {len(seeds)} networks "
        f"misread, from {counts[shown[0]]} down to {counts[shown[-1]]} of them; "
        f"{len(again)} of {len(shown)} are framed, as misread in 1998 too."
    )
    return figure, alt


def _grid(digits: Digits, titles: dict[int, str], framed: Collection, columns: int):
    """Draw digits in rows of so many, titled, some in a thick frame."""
    rows = max(1, -(-len(titles) // columns))
    side = WIDTH / columns
    with new_figure((side + 0.15) * rows, rows, columns) as (figure, grid):
        for axes in grid.flat[len(titles) :]:
            axes.axis("off")
        for axes, (index, title) in zip(grid.flat, titles.items(), strict=False):
            draw_digit(axes, digits.images[index], wrong=index in framed)
            axes.set_title(title, fontsize=7.5, pad=2)
    return figure


def kernels(model: LeNet5):
    """Draw the kernels of C1 on one scale: dark answers to ink, light to paper."""
    weights = model.feature_extractor.c1.weight.detach()[:, 0].contiguous()
    most = float(weights.abs().max())
    with new_figure(1.35, 1, len(weights)) as (figure, (row,)):
        for number, (axes, kernel) in enumerate(zip(row, weights, strict=True), 1):
            draw(axes, kernel.numpy(), -most, most)
            axes.set(title=f"map {number}")
    alt = (
        f"The {len(weights)} kernels of C1, each of 5 by 5 weights between "
        f"−{most:.2f} and {most:.2f}: dark squares are positive weights."
    )
    return figure, alt


def maps(model: LeNet5, image: Tensor, layer: str):
    """Draw the maps of a layer for one digit, from −1 (white) to 1 (black)."""
    shown = layer_maps(model, image[None])[layer][0]
    columns = min(8, len(shown))
    rows = -(-len(shown) // columns)
    with new_figure(rows * (WIDTH / columns + 0.22), rows, columns) as (figure, grid):
        for number, (axes, each) in enumerate(zip(grid.flat, shown, strict=True), 1):
            draw(axes, each.numpy(), -1, 1)
            axes.set_title(str(number), fontsize=7.5, pad=2)
    high, wide = shown.shape[1:]
    alt = (
        f"The {len(shown)} maps of {layer.upper()} for one digit, {high} by {wide} "
        f"units each, with values from {shown.min():.2f} to {shown.max():.2f}."
    ).replace("-", "−")
    return figure, alt

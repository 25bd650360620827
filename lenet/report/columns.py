"""Widths for the columns of a printed table, from the length of what is in them."""

from dataclasses import dataclass

from lenet.report import markdown
from lenet.report.markdown import Token

TEXT_WIDTH = 453.5  # points: A4 less margins of 25 mm, which is 6.3 in
GUTTER = 11.0  # points of padding in each column
NORMAL, SMALL = 9.0, 8.0  # points
LETTER = 0.5  # mean width of a character in units of the font size
SHORT = 14  # characters that a column may keep on one line whatever its neighbours need

Cell = list[Token]


@dataclass(frozen=True)
class Columns:
    """Typst widths of the columns and the font size in points."""

    widths: list[str]
    size: float


def measure(header: list[Cell], rows: list[list[Cell]]) -> Columns:
    """Choose widths: natural ones if they fit, else shares for long text."""
    columns = list(zip(header, *rows, strict=True))
    longest = [max(_length(cell) for cell in column) for column in columns]
    if _width(longest, NORMAL) <= TEXT_WIDTH:
        return Columns(["auto"] * len(columns), NORMAL)
    size = SMALL if len(columns) > 3 else NORMAL
    if _width(longest, size) <= TEXT_WIDTH:
        return Columns(["auto"] * len(columns), size)
    shares = [
        _share(column, most) for column, most in zip(columns, longest, strict=True)
    ]
    return Columns(shares, size)


def _width(lengths: list[int], size: float) -> float:
    return sum(length * LETTER * size + GUTTER for length in lengths)


def _length(cell: Cell) -> int:
    return len(markdown.plain(cell))


def _share(column: tuple[Cell, ...], longest: int) -> str:
    """Keep short columns whole; give long ones room by the root of their length.

    The root lets a column of sentences be wide without squeezing one of phrases.
    """
    if longest <= SHORT:
        return "auto"
    mean = sum(_length(cell) for cell in column) / len(column)
    return f"{round((longest * mean) ** 0.25 * 10)}fr"

"""What notebooks call to show figures, tables and text that the exporters understand.

What a front end shows is in the data of an output; what the exporters need is in its
metadata, under "report".
"""

import base64
import io
from collections.abc import Sequence
from numbers import Integral

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

from lenet.report import markdown
from lenet.report.labhtml import table_html

PIXELS_PER_INCH = 96  # of CSS
DPI = 150

Cell = str | int | float
_numbers: dict[str, dict[str, int]] = {"Figure": {}, "Table": {}}


def figure(
    fig: Figure, alt: str, *, label: str, caption: str, numbered: bool = True
) -> None:
    """Show a figure and its caption, and close it.

    Args:
        fig: Drawn 6.3 in wide or less; wider ones are scaled to the width of the text.
        alt: One or two sentences for who cannot see the figure.
        label: What links name, `fig-loss` for `[Figure 1](#fig-loss)`.
        caption: One line of Markdown without "Figure n.".
        numbered: False for a picture that only shows what something looks like.

    Raises:
        ValueError: if alt, label or caption is empty.
    """
    _require(f"figure {label!r}", alt=alt, label=label, caption=caption)
    alt = " ".join(alt.split())
    width, height = (
        round(inches * PIXELS_PER_INCH) for inches in fig.get_size_inches()
    )
    size = {"alt": alt, "width": width, "height": height}
    data = {
        "image/svg+xml": _svg(fig, label),
        "image/png": base64.b64encode(_png(fig)).decode(),
        "text/plain": alt,
    }
    report = {"kind": "figure", "label": label, "caption": caption, "alt": alt}
    report["numbered"] = numbered
    metadata = {"image/png": size, "image/svg+xml": size, "report": report}
    plt.close(fig)
    display(data, metadata=metadata, raw=True)
    name = f"**Figure {_number('Figure', label)}.** " if numbered else ""
    text = name + caption
    _show_markdown(
        f'<a id="{label}"></a>{text}', text, {"kind": "caption", "label": label}
    )


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    align: str,
    label: str,
    caption: str,
) -> None:
    """Show a table with its caption above it.

    Args:
        header: One heading for each column.
        rows: Cells as text with inline Markdown, or as numbers; integers get a comma
            between thousands, floats six digits. The first cell of a row heads it.
        align: One of l, r, c for each column, "lrr" for three.
        label: What links name, `tbl-layers` for `[Table 1](#tbl-layers)`.
        caption: One line of Markdown without "Table n.".

    Raises:
        ValueError: if label or caption is empty, or the columns differ in number.
    """
    _require(f"table {label!r}", label=label, caption=caption)
    cells = [[_cell(value) for value in row] for row in [header, *rows]]
    _require_columns(label, cells, align)
    report = {"kind": "table", "label": label, "caption": caption, "align": align}
    report |= {"header": cells[0], "rows": cells[1:]}
    text = f"**Table {_number('Table', label)}.** {caption}"
    data = {
        "text/html": table_html(cells, align, label, text),
        "text/plain": f"{_plain(text)}\n\n{_plain_table(cells, align)}",
    }
    display(data, metadata={"report": report}, raw=True)


def prose(text: str) -> None:
    """Show paragraphs of Markdown whose numbers come from variables."""
    _require("prose", text=text)
    _show_markdown(text.strip(), text.strip(), {"kind": "prose"})


def front_matter(title: str, abstract: str, *, banner: str | None = None) -> None:
    """Give the report its title, abstract and, if it needs one, a loud warning.

    Args:
        title: One line of Markdown.
        abstract: Markdown without the word "Abstract".
        banner: What a reader must know first of a run on sample data, in whose title
            that is said too. None: the run is the real one.
    """
    _require("front matter", title=title, abstract=abstract)
    title += " (sample data)" if banner else ""
    report = {"kind": "front", "title": title, "abstract": abstract, "banner": banner}
    text = front_markdown(title, abstract, banner).replace("# ", "**Title.** ", 1)
    _show_markdown(text, text, report)


def front_markdown(title: str, abstract: str, banner: str | None) -> str:
    """Write the first cell of the notebook."""
    warning = f"> **Warning.** {banner}\n\n" if banner else ""
    return f"# {title}\n\n{warning}**Abstract.** {abstract.strip()}"


def _show_markdown(text: str, plain: str, report: dict) -> None:
    data = {"text/markdown": text, "text/plain": plain}
    display(data, metadata={"report": report}, raw=True)


def _require(what: str, **texts: str) -> None:
    for name, text in texts.items():
        if not text or not text.strip():
            raise ValueError(f"the {what} has no {name}: give one that is not empty")


def _require_columns(label: str, cells: list[list[str]], align: str) -> None:
    counts = {len(row) for row in cells}
    if counts != {len(align)} or not set(align) <= set("lrc"):
        raise ValueError(
            f"the table {label!r} has rows of {sorted(counts)} cells and "
            f"align={align!r}: give each row a cell for each column, and align one "
            "of l, r, c for each column"
        )


def _number(kind: str, label: str) -> int:
    """Number by first use, so that running one cell again keeps its number."""
    numbers = _numbers[kind]
    return numbers.setdefault(label, len(numbers) + 1)


def _svg(fig: Figure, label: str) -> str:
    """Draw the figure with outlines for letters and the same ids at every run."""
    stream = io.StringIO()
    with plt.rc_context({"svg.hashsalt": label, "svg.fonttype": "path"}):
        fig.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def _png(fig: Figure) -> bytes:
    stream = io.BytesIO()
    fig.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()


def _cell(value: Cell) -> str:
    if isinstance(value, Integral) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(text: str) -> str:
    return markdown.plain(markdown.parse_inline(text))


def _plain_table(cells: list[list[str]], align: str) -> str:
    """Set the cells in columns of characters."""
    rows = [[_plain(cell) for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    sides = {"l": "<", "r": ">", "c": "^"}
    lines = (
        "  ".join(
            f"{cell:{sides[side]}{width}}"
            for cell, side, width in zip(row, align, widths, strict=True)
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)

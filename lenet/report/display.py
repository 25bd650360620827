"""What notebooks call to show figures, tables and text that the exporters understand.

What a front end shows is in the data of an output; what the exporters need is in its
metadata, under "report".
"""

import base64
import io
import re
from collections.abc import Sequence
from numbers import Integral

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

DPI = 150
NUMBER = re.compile(r"(?:[\W\d⁰¹²³⁴⁵⁶⁷⁸⁹]|of|to)*")  # also 3 × 10⁻⁴, 1 to 2, nothing
MARKS = re.compile(r"\[([^]]*)\]\(#[^)]*\)|\*\*|`")  # links within the report, bold
Rows = Sequence[Sequence[str | int | float]]
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
    """
    _require(f"figure {label!r}", alt=alt, label=label, caption=caption)
    alt = " ".join(alt.split())
    width, height = (round(inches * 96) for inches in fig.get_size_inches())
    svg, png = io.StringIO(), io.BytesIO()
    with plt.rc_context({"svg.hashsalt": label, "svg.fonttype": "path"}):
        fig.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    fig.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    plt.close(fig)
    # The PNG is for GitHub, whose viewer drops letters and marks of matplotlib's SVG.
    data = {"image/svg+xml": svg.getvalue(), "text/plain": alt}
    data["image/png"] = base64.b64encode(png.getvalue()).decode()
    size = {"alt": alt, "width": width, "height": height}
    report = {"kind": "figure", "label": label, "caption": caption, "alt": alt}
    report["numbered"] = numbered
    metadata = {"image/svg+xml": size, "image/png": size, "report": report}
    display(data, metadata=metadata, raw=True)
    name = f"**Figure {_number('Figure', label)}.** " if numbered else ""
    _show(name + caption, {"kind": "caption"}, label)


def table(rows: Rows, *, label: str, caption: str) -> None:
    """Show a table with its caption above it.

    Args:
        rows: The first holds the headings. A cell is text with inline Markdown or a
            number; integers get a comma between thousands. The first cell of a row
            heads it.
        label: What links name, `tbl-layers` for `[Table 1](#tbl-layers)`.
        caption: One line of Markdown without "Table n.".
    """
    _require(f"table {label!r}", label=label, caption=caption)
    grid = pipe_table(rows)
    name = f"**Table {_number('Table', label)}.** {caption}"
    report = {"kind": "table", "label": label, "caption": caption, "table": grid}
    _show(f"{name}\n\n{grid}", report, label)


def prose(text: str) -> None:
    """Show paragraphs of Markdown whose numbers come from variables."""
    _require("prose", text=text)
    _show(text.strip(), {"kind": "prose"})


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
    front = {"title": title, "abstract": abstract, "banner": banner}
    text = front_markdown(**front).replace("# ", "**Title.** ", 1)
    _show(text, {"kind": "front", **front})


def front_markdown(title: str, abstract: str, banner: str | None) -> str:
    """Write the first cell of the notebook."""
    warning = f"> **Warning.** {banner}\n\n" if banner else ""
    return f"# {title}\n\n{warning}**Abstract.** {abstract.strip()}"


def pipe_table(rows: Rows) -> str:
    """Write a table in Markdown, its columns of numbers flush right.

    Raises:
        ValueError: if a row has another number of cells than the first.
    """
    header, *cells = ([_cell(value) for value in row] for row in rows)
    for row in cells:
        if len(row) != len(header):
            raise ValueError(f"the row {row} has not as many cells as {header}")
    columns = zip(*cells, strict=True)
    rules = ["--:" if all(map(NUMBER.fullmatch, c)) else ":--" for c in columns]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rules, *cells))


def _cell(value: str | int | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, Integral) else f"{value:g}"


def _show(text: str, report: dict, label: str = "") -> None:
    """Show Markdown, and its words alone where there is no Markdown."""
    anchor = f'<a id="{label}"></a>' if label else ""
    data = {"text/markdown": anchor + text, "text/plain": MARKS.sub(r"\1", text)}
    display(data, metadata={"report": report}, raw=True)


def _require(what: str, **texts: str) -> None:
    for name, text in texts.items():
        if not text or not text.strip():
            raise ValueError(f"the {what} has no {name}: give one that is not empty")


def _number(kind: str, label: str) -> int:
    """Number by first use, so that running one cell again keeps its number."""
    return _numbers[kind].setdefault(label, len(_numbers[kind]) + 1)

"""What notebooks call to show figures, tables and text that the exporters understand.

What a front end shows is in the data of an output; what the exporters need is in its
metadata, under "report".
"""

import inspect
import io
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from numbers import Integral
from zlib import compress

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

DPI = 150
NUMBER = re.compile(r"(?:[\W\d⁰¹²³⁴⁵⁶⁷⁸⁹]|of|to)*")  # also 3 × 10⁻⁴, 1 to 2, nothing
MARKS = re.compile(r"\[([^]]*)\]\([^)]*\)|\*\*|`")  # links, bold type and code
DOCSTRING = re.compile(r'(?<=:)\n +""".*?"""\n?(?=\n)', re.S)
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
    require(f"figure {label!r}", alt=alt, label=label, caption=caption)
    alt = " ".join(alt.split())
    width, height = (round(inches * 96) for inches in fig.get_size_inches())
    fig.draw_without_rendering()  # lays it out once, not again in each format
    fig.set_layout_engine("none")
    with plt.rc_context({"svg.hashsalt": label, "svg.fonttype": "path"}):
        svg, png = _vector(fig), _pixels(fig)
    plt.close(fig)
    # One picture to look at, and a small vector one for the exporters. GitHub's viewer
    # drops letters of matplotlib's SVG, and refuses notebooks beyond about 2.6 MB.
    data = {"image/png": b64encode(png).decode(), "text/plain": alt}
    size = {"alt": alt, "width": width, "height": height}
    report = {"kind": "figure", "label": label, "caption": caption, "alt": alt}
    report |= {"numbered": numbered, "width": width}
    report["svg"] = b64encode(compress(svg, 9)).decode()
    display(data, metadata={"image/png": size, "report": report}, raw=True)
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
    require(f"table {label!r}", label=label, caption=caption)
    grid = pipe_table(rows)
    name = f"**Table {_number('Table', label)}.** {caption}"
    report = {"kind": "table", "label": label, "caption": caption, "table": grid}
    _show(f"{name}\n\n{grid}", report, label)


def prose(text: str) -> None:
    """Show paragraphs of Markdown whose numbers come from variables."""
    require("prose", text=text)
    _show(text.strip(), {"kind": "prose"})


def listing(code: Callable) -> None:
    """Show the source of a class or function, without its docstrings, in print too."""
    source = DOCSTRING.sub("", inspect.getsource(code))
    _show(f"```python\n{source.strip()}\n```", {"kind": "listing"})


def widget(html: str, words: str) -> None:
    """Show HTML with a script, in front ends and in the exported page alone.

    Args:
        html: Shows nothing dead where its script does not run.
        words: What stands for it where there is no HTML.
    """
    data = {"text/html": html, "text/plain": words}
    display(data, metadata={"report": {"kind": "widget"}}, raw=True)


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
    data, metadata = as_output(text, report)
    data["text/markdown"] = anchor + text
    display(data, metadata=metadata, raw=True)


def as_output(text: str, report: dict) -> tuple[dict, dict]:
    """Return the data and metadata of an output of Markdown."""
    data = {"text/markdown": text, "text/plain": MARKS.sub(r"\1", text)}
    return data, {"report": report}


def _vector(fig: Figure) -> bytes:
    fig.savefig(
        svg := io.BytesIO(), format="svg", metadata={"Date": None, "Creator": None}
    )
    return svg.getvalue()


def _pixels(fig: Figure) -> bytes:
    """Draw a PNG; a palette of 64 colours makes it a third of the size."""
    fig.savefig(png := io.BytesIO(), format="png", dpi=DPI)
    picture = Image.open(png).convert("RGB")
    picture.quantize(64, dither=Image.Dither.NONE).save(
        small := io.BytesIO(), "PNG", optimize=True
    )
    return small.getvalue()


def require(what: str, **texts: str) -> None:
    """Refuse what has an empty part."""
    for name, text in texts.items():
        if not text or not text.strip():
            raise ValueError(f"the {what} has no {name}: give one that is not empty")


def _number(kind: str, label: str) -> int:
    """Number by first use, so that running one cell again keeps its number."""
    return _numbers[kind].setdefault(label, len(_numbers[kind]) + 1)

"""The report as one HTML file that needs no network and no JavaScript."""

import base64
from html import escape
from importlib.resources import files
from typing import Any

import jinja2
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from lenet.report import markdown, references
from lenet.report.document import Code, Document, Figure, Log, Table, Text
from lenet.report.html_writer import SIDES, HTMLWriter, code
from lenet.report.markdown import Token
from lenet.report.reading import read

TEMPLATES = files("lenet.report") / "templates"


def block(write: HTMLWriter, part: Any) -> str:
    """Write one part of the report."""
    if isinstance(part, Text):
        return write(part.tokens)
    if isinstance(part, Figure):
        return _figure(write, part)
    if isinstance(part, Table):
        label = f"<strong>Table {part.number}.</strong> {write(part.caption)}"
        grid = write.grid(
            part.header,
            part.rows,
            [SIDES[side] for side in part.align],
            f"<caption><span>{label}</span></caption>",
        )
        return f'<div class="table" id="{escape(part.label)}">{grid}</div>\n'
    if isinstance(part, Code):
        return _code_cell(part)
    assert isinstance(part, Log)
    text = escape(part.text, quote=False)
    return (
        f'<details><summary>Output</summary><pre tabindex="0">{text}</pre></details>\n'
    )


def _figure(write: HTMLWriter, figure: Figure) -> str:
    data = base64.b64encode(figure.svg.encode()).decode()
    name = f"<strong>Figure {figure.number}.</strong> " if figure.number else ""
    return (
        f'<figure id="{escape(figure.label)}">\n'
        f'<img src="data:image/svg+xml;base64,{data}" width="{figure.width}" '
        f'height="{figure.height}" alt="{escape(figure.alt)}">\n'
        f"<figcaption>{name}{write(figure.caption)}</figcaption>\n</figure>\n"
    )


def _code_cell(cell: Code) -> str:
    source = code(cell.source, "python")
    if cell.shown:
        return f'<div class="code">{source}</div>\n'
    count = f" {cell.count}" if cell.count else ""
    return f'<details class="code"><summary>Code{count}</summary>{source}</details>\n'


def page(document: Document) -> str:
    """Write the whole report, which must have been numbered."""
    write = HTMLWriter()
    front = document.front
    headings = [
        token
        for part in document.blocks
        if isinstance(part, Text)
        for token in part.tokens
        if token["type"] == "heading" and token["attrs"]["level"] <= 2
    ]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(
        (TEMPLATES / "report.html.j2").read_text("utf-8")
    )
    return template.render(
        title=escape(markdown.plain(markdown.parse_inline(front.title))),
        heading=write(markdown.parse_inline(front.title)),
        authors=escape(", ".join(front.authors)),
        banner=write(markdown.parse(front.banner)),
        abstract=write(markdown.parse(front.abstract)),
        contents=[
            (t["attrs"], write(_unanchored(t["children"])).strip()) for t in headings
        ],
        body="".join(block(write, part) for part in document.blocks),
        style=(TEMPLATES / "report.css").read_text("utf-8"),
        font=base64.b64encode((TEMPLATES / "math.woff2").read_bytes()).decode(),
    )


def _unanchored(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token["type"] != "inline_html"]


class HTMLReport(Exporter):
    """Export a notebook as one accessible, self-contained HTML file."""

    export_from_notebook = "LeNet report (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple[str, dict]:
        """Write an executed notebook as HTML.

        Raises:
            ValueError: if a cell failed or a number, label or reference is wrong.
        """
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        document = read(nb)
        references.number(document)
        return page(document), resources

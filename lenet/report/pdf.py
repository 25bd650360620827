"""The report as a typeset, tagged PDF (PDF/UA-1): equal notebooks give equal bytes."""

import os
import tempfile
from pathlib import Path
from typing import Any

import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from lenet.report import markdown, references
from lenet.report.document import Code, Document, Figure, Table, Text
from lenet.report.html import TEMPLATES
from lenet.report.html_writer import SIDES
from lenet.report.reading import read
from lenet.report.typst_math import quote
from lenet.report.typst_writer import TypstWriter, code

DATED = "SOURCE_DATE_EPOCH"  # without it the file carries no date
LONG_TABLE = 16  # rows; a longer one may break over pages


def block(write: TypstWriter, part: Any) -> str:
    """Write one part of the report; what cells printed stays in the notebook."""
    if isinstance(part, Text):
        return write(part.tokens)
    if isinstance(part, Figure):
        return (
            f"\n#picture({part.number}, {quote(part.label)}, {part.width * 0.75}pt, "
            f"{quote(part.alt)}, [{write(part.caption)}])\n\n"
        )
    if isinstance(part, Table):
        grid = write.grid(part.header, part.rows, [SIDES[side] for side in part.align])
        breakable = "true" if len(part.rows) > LONG_TABLE else "false"
        return (
            f"\n#numbered-table({quote(part.label)}, [{write(part.caption)}], "
            f"{breakable}, {grid})\n\n"
        )
    if isinstance(part, Code) and part.shown:
        return code(part.source, "python")
    return ""


def source(document: Document) -> str:
    """Write the whole report as Typst, which must have been numbered."""
    write, front = TypstWriter(), document.front
    title = markdown.parse_inline(front.title)
    authors = "".join(f"{quote(author)}, " for author in front.authors)
    banner = f"[{write(markdown.parse(front.banner))}]" if front.banner else "none"
    abstract = (
        f"[{write(markdown.parse(front.abstract))}]" if front.abstract else "none"
    )
    head = (
        f"#show: report.with(title: {quote(markdown.plain(title))}, heading: "
        f"[{write(title)}], authors: ({authors}), banner: {banner}, "
        f"abstract: {abstract}, date: {'auto' if DATED in os.environ else 'none'})\n"
    )
    preamble = (TEMPLATES / "report.typ").read_text("utf-8")
    return preamble + head + "".join(block(write, part) for part in document.blocks)


def typeset(document: Document) -> bytes:
    """Compile a numbered report.

    Raises:
        ValueError: if Typst fails or warns.
    """
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder, "main.typ")
        main.write_text(source(document), encoding="utf-8")
        for part in document.blocks:
            if isinstance(part, Figure):
                picture = Path(folder, f"{part.label}.svg")
                picture.write_text(part.svg, encoding="utf-8")
        compiler = typst.Compiler(str(main), root=folder, ignore_system_fonts=True)
        try:
            pdf, warnings = compiler.compile_with_warnings(
                format="pdf",
                pdf_standards=["ua-1"],
                timestamp=int(os.environ.get(DATED, "0")),
            )
        except typst.TypstError as error:
            raise ValueError(f"Typst could not set the report: {error}") from error
    if warnings:
        messages = "; ".join(warning.message for warning in warnings)
        raise ValueError(f"Typst warned about the report: {messages}")
    return pdf


class PDFReport(Exporter):
    """Export a notebook as a typeset PDF/UA-1 document."""

    export_from_notebook = "LeNet report (PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple[bytes, dict]:
        """Typeset an executed notebook.

        Raises:
            ValueError: if a cell failed, a number, label or reference is wrong, or
                Typst has any complaint.
        """
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        document = read(nb)
        references.number(document)
        return typeset(document), resources

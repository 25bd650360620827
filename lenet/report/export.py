"""The nbconvert exporters: pandoc writes the HTML, and the Typst of the PDF."""

import os
import re
import sys
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pypandoc
import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from lenet.report.reading import find_figures, read, vector

TEMPLATES = Path(__file__).parent / "templates"
MARKDOWN = (  # what JupyterLab reads, and marks for the parts of a report
    "commonmark+pipe_tables+strikeout+tex_math_dollars+smart"
    "+fenced_divs+attributes+yaml_metadata_block"
)
COMMON = ["--standalone", "--fail-if-warnings", "--eol=lf", "--wrap=preserve"]
OPTIONS = {
    "html": ["--mathml", "--embed-resources", "--toc", "--toc-depth=3"],
    "typst": ["--columns=9999"],  # else pandoc gives widths to the columns of tables
}
REFUSAL = re.compile(r"REFUSED (.*?)\nstack traceback:", re.S)  # from report.lua
SHARES = re.compile(r"columns: \([^)]*\)")  # of a table, in % where Typst has fr
NO_GLYPH = "could not be displayed with font"  # in Typst's words
EMPTY_HEAD = re.compile(r"<th( style=\"[^\"]*\")?[^>]*></th>")


def require_pandoc() -> None:
    """Check that pypandoc finds a pandoc that is new enough.

    Raises:
        OSError: if there is none, or only older ones.
    """
    with suppress(OSError):
        if pypandoc.ensure_pandoc_minimal_version(3, 2):
            return
    raise OSError(
        "no pandoc 3.2 or newer runs here: install it so that it is on the PATH "
        "(`conda install -c conda-forge pandoc`, `brew install pandoc`), or `pip "
        "install pypandoc_binary`, or let pypandoc fetch it: "
        '`python -c "import pypandoc; pypandoc.download_pandoc()"`'
    )


def convert(notebook: NotebookNode, target: str, folder: Path) -> str:
    """Write a notebook as HTML or Typst, its figures in the folder.

    Raises:
        ValueError: if the notebook is not whole, a number or reference is wrong, or
            pandoc has any complaint, such as TeX that it does not know.
    """
    require_pandoc()
    markdown = read(notebook)
    for label, report in find_figures(notebook).items():
        (folder / f"{label}.svg").write_text(vector(report), encoding="utf-8")
    options = [*COMMON, *OPTIONS[target], f"--lua-filter={TEMPLATES / 'report.lua'}"]
    options.append(f"--template={TEMPLATES / 'report'}.{target}")
    options.append(f"--resource-path={folder}{os.pathsep}{TEMPLATES}")
    try:
        return pypandoc.convert_text(
            markdown, target, MARKDOWN, options, verify_format=False
        )
    except RuntimeError as error:
        refusal = REFUSAL.search(str(error))
        message = refusal[1] if refusal else f"pandoc refuses: {error}"
        raise ValueError(message) from None


def typeset(source: str, folder: Path) -> bytes:
    """Compile Typst to a PDF/UA-1; any complaint of Typst is an error.

    Letters that its own fonts lack, as of Chinese, are set in a font of the machine.
    """
    main = folder / "main.typ"
    source = SHARES.sub(lambda columns: columns[0].replace("%", "fr"), source)
    main.write_text(source, encoding="utf-8")
    try:
        return _compile(main, own_fonts=True)
    except ValueError as error:
        if NO_GLYPH not in str(error):
            raise
        remedy = "a font of this machine must have it, on which the PDF then depends"
        warnings.warn(f"{error}: {remedy}", stacklevel=2)
    return _compile(main, own_fonts=False)


def _compile(main: Path, own_fonts: bool) -> bytes:
    """Compile with the fonts in Typst's wheel alone, or with those of the machine."""
    options = {"format": "pdf", "pdf_standards": ["ua-1"]}
    compiler = typst.Compiler(
        str(main), root=main.parent, ignore_system_fonts=own_fonts
    )
    try:
        pdf, complaints = compiler.compile_with_warnings(**options)
    except typst.TypstError as error:
        raise ValueError(f"Typst could not set the report: {error}") from error
    if complaints:
        messages = "; ".join(each.message for each in complaints)
        raise ValueError(f"Typst warned about the report: {messages}")
    return pdf


class _Report(Exporter):
    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple[str | bytes, dict]:
        """Write an executed notebook as the report of this class."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        with tempfile.TemporaryDirectory() as folder:
            return self._write(nb, Path(folder)), resources


class HTMLReport(_Report):
    """Export a notebook as one accessible, self-contained HTML file."""

    output_mimetype = "text/html"
    file_extension = ".html"

    def _write(self, notebook: NotebookNode, folder: Path) -> str:
        html = EMPTY_HEAD.sub(r"<td\1></td>", convert(notebook, "html", folder))
        return html.replace("<pre", '<pre tabindex="0"')  # who scrolls by keyboard


class PDFReport(_Report):
    """Export a notebook as a typeset PDF/UA-1: equal notebooks give equal bytes."""

    output_mimetype = "application/pdf"
    file_extension = ".pdf"

    def _write(self, notebook: NotebookNode, folder: Path) -> bytes:
        return typeset(convert(notebook, "typst", folder), folder)


class _CommandLine(Exporter):
    """Keep a name with a hyphen out of JupyterLab, whose route to it has none."""

    @default("enabled")
    def _enabled_default(self) -> bool:
        return "jupyter_server" not in sys.modules


class CommandLineHTML(_CommandLine, HTMLReport):
    """`jupyter nbconvert --to lenet-html`."""


class CommandLinePDF(_CommandLine, PDFReport):
    """`jupyter nbconvert --to lenet-pdf`."""

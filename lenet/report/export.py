"""The nbconvert exporters: pandoc writes the HTML, and the Typst of the PDF."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc
import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from lenet.report.reading import read

TEMPLATES = Path(__file__).parent / "templates"
MARKDOWN = (  # what JupyterLab reads, and marks for the parts of a report
    "commonmark+pipe_tables+strikeout+tex_math_dollars+smart"
    "+fenced_divs+attributes+yaml_metadata_block"
)
COMMON = ["--standalone", "--fail-if-warnings", "--eol=lf", "--wrap=preserve"]
HTML = ["--mathml", "--embed-resources", "--toc", "--toc-depth=3"]
LONG_LINES = "--columns=9999"  # else pandoc gives widths to the columns of tables
OLDEST_PANDOC = (3, 2)
REFUSAL = re.compile(r"REFUSED (.*?)\nstack traceback:", re.S)  # from report.lua
BIG = re.compile(r"#scale\(x: (\d+)%, y: \d+%\)\[(.*?)\]")  # what \Bigl( becomes
SHARES = re.compile(r"columns: \([^)]*\)")  # of a table, in % where Typst has fr
DATED = "SOURCE_DATE_EPOCH"  # without it the file carries no date


@cache
def find_pandoc() -> str:
    """Find a pandoc that runs, on the PATH or else where pypandoc keeps one.

    Raises:
        OSError: if there is none, or only older ones.
    """
    for find in (lambda: shutil.which("pandoc") or "pandoc", pypandoc.get_pandoc_path):
        try:
            path = find()
            command = [path, "--version"]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        version = re.match(r"pandoc\S* (\d+)\.(\d+)", run.stdout)
        if version and tuple(map(int, version.groups())) >= OLDEST_PANDOC:
            return path
    raise OSError(
        f"no pandoc {'.'.join(map(str, OLDEST_PANDOC))} or newer runs here: install it "
        "so that it is on the PATH (`conda install -c conda-forge pandoc`, `brew "
        "install pandoc`), or `pip install pypandoc_binary`, or let pypandoc fetch it: "
        '`python -c "import pypandoc; pypandoc.download_pandoc()"`'
    )


def convert(notebook: NotebookNode, target: str, folder: Path) -> str:
    """Write a notebook as HTML or Typst, its figures in the folder.

    Raises:
        ValueError: if the notebook is not whole, a number or reference is wrong, or
            pandoc has any complaint, such as TeX that it does not know.
    """
    markdown, pictures = read(notebook)
    for label, svg in pictures.items():
        (folder / f"{label}.svg").write_text(svg, encoding="utf-8")
    command = [find_pandoc(), f"--from={MARKDOWN}", f"--to={target}", *COMMON]
    command += HTML if target == "html" else [LONG_LINES]
    command += ["--variable=dated"] if DATED in os.environ else []
    command.append(f"--lua-filter={TEMPLATES / 'report.lua'}")
    command.append(f"--template={TEMPLATES / 'report'}.{target}")
    command.append(f"--resource-path={folder}{os.pathsep}{TEMPLATES}")
    done = subprocess.run(command, input=markdown.encode(), capture_output=True)
    complaint = done.stderr.decode()
    if done.returncode:
        refusal = REFUSAL.search(complaint)
        raise ValueError(refusal[1] if refusal else f"pandoc refuses: {complaint}")
    return done.stdout.decode()


def typeset(source: str, folder: Path) -> bytes:
    """Compile Typst to a PDF/UA-1; any complaint of Typst is an error."""
    main = folder / "main.typ"
    source = BIG.sub(r"stretch(size: #\1%, \2)", source)
    source = SHARES.sub(lambda columns: columns[0].replace("%", "fr"), source)
    main.write_text(source, encoding="utf-8")
    compiler = typst.Compiler(str(main), root=folder, ignore_system_fonts=True)
    date = int(os.environ.get(DATED, "0"))
    try:
        pdf, warnings = compiler.compile_with_warnings(
            format="pdf", pdf_standards=["ua-1"], timestamp=date
        )
    except typst.TypstError as error:
        raise ValueError(f"Typst could not set the report: {error}") from error
    if warnings:
        messages = "; ".join(warning.message for warning in warnings)
        raise ValueError(f"Typst warned about the report: {messages}")
    return pdf


class HTMLReport(Exporter):
    """Export a notebook as one accessible, self-contained HTML file."""

    export_from_notebook = "LeNet report (HTML)"
    output_mimetype = "text/html"
    file_extension = ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple[str, dict]:
        """Write an executed notebook as HTML."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        with tempfile.TemporaryDirectory() as folder:
            return convert(nb, "html", Path(folder)), resources


class PDFReport(Exporter):
    """Export a notebook as a typeset PDF/UA-1: equal notebooks give equal bytes."""

    export_from_notebook = "LeNet report (PDF)"
    output_mimetype = "application/pdf"
    file_extension = ".pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple[bytes, dict]:
        """Typeset an executed notebook."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        with tempfile.TemporaryDirectory() as folder:
            source = convert(nb, "typst", Path(folder))
            return typeset(source, Path(folder)), resources


class _CommandLine(Exporter):
    """Keep a name with a hyphen out of JupyterLab, whose route to it has none."""

    @default("enabled")
    def _enabled_default(self) -> bool:
        return "jupyter_server" not in sys.modules


class CommandLineHTML(_CommandLine, HTMLReport):
    """`jupyter nbconvert --to lenet-html`."""


class CommandLinePDF(_CommandLine, PDFReport):
    """`jupyter nbconvert --to lenet-pdf`."""

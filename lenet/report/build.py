"""From a notebook to its executed form and both reports, or to nothing at all."""

import json
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

from lenet.files import write_whole
from lenet.report import references
from lenet.report.display import front_markdown
from lenet.report.html import HTMLReport
from lenet.report.pdf import PDFReport
from lenet.report.reading import TITLE, find_front, read

VERSION = 4  # of the notebook format


def build(
    path: Path, reports: Path, *, run: bool = True, export: bool = True
) -> list[Path]:
    """Execute a notebook and export it; write nothing before all products are made.

    A notebook whose front matter carries a banner ran on sample data. It and its
    reports go to the folder `sample` of the reports; the notebook stays as it is.

    Args:
        path: The notebook.
        reports: The folder for the HTML and the PDF file.
        run: Whether to execute the notebook first.
        export: Whether to write the reports.

    Returns:
        The files that were written.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails.
        ValueError: if the notebook cannot be exported faithfully.
    """
    notebook = load(path)
    products: dict[Path, bytes] = {}
    if run:
        notebook = execute(notebook, path.parent)
    front = find_front(notebook)
    sample = bool(front and front.banner)
    if sample:
        print(f"\n*** {path.name}: {front.banner} ***\n", file=sys.stderr)
    folder = reports / "sample" if sample and reports.name != "sample" else reports
    references.number(read(notebook))
    if run:
        target = folder / path.name if sample else path
        products[target] = dump(notebook)
    if export:
        products |= _reports(notebook, folder / path.stem.replace("_", "-"))
    for target, content in products.items():
        write_whole(target, content)
    return list(products)


def load(path: Path) -> NotebookNode:
    """Read a notebook; cells without an id get one from their place."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    for index, cell in enumerate(raw.get("cells", []), 1):
        cell.setdefault("id", f"cell-{index}")
    raw["nbformat_minor"] = max(raw.get("nbformat_minor", 0), 5)
    return nbformat.reads(json.dumps(raw), as_version=VERSION)


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run all cells in a new kernel whose working directory is the folder."""
    _clear(notebook)
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    )
    client.execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    _copy_front(notebook)
    nbformat.validate(notebook)
    return notebook


def dump(notebook: NotebookNode) -> bytes:
    """Write a notebook as the bytes of its file."""
    return (nbformat.writes(notebook, version=VERSION) + "\n").encode()


def _clear(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def _copy_front(notebook: NotebookNode) -> None:
    """Show the title and abstract of this run where a reader begins."""
    front = find_front(notebook)
    if front is None:
        return
    source = front_markdown(front.title, front.abstract, front.banner)
    first = next((c for c in notebook.cells if c.cell_type == "markdown"), None)
    if first is not None and TITLE.match(first.source.strip()):
        first.source = source
    else:
        cell = nbformat.v4.new_markdown_cell(source, id="front-matter")
        notebook.cells.insert(0, cell)


def _reports(notebook: NotebookNode, stem: Path) -> dict[Path, bytes]:
    html, _ = HTMLReport().from_notebook_node(notebook)
    pdf, _ = PDFReport().from_notebook_node(notebook)
    return {
        stem.with_name(f"{stem.name}.html"): html.encode(),
        stem.with_name(f"{stem.name}.pdf"): pdf,
    }

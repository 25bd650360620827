"""From a notebook to its executed form and both reports, or to nothing at all."""

import json
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

from lenet.files import write_atomically
from lenet.report.display import front_markdown
from lenet.report.export import HTMLReport, PDFReport, convert, find_pandoc
from lenet.report.reading import TITLE, find_front

VERSION = 4  # of the notebook format


def build(
    path: Path, reports: Path, *, run: bool = True, export: bool = True
) -> list[Path]:
    """Execute a notebook and export it; write nothing before all products are made.

    A notebook whose front matter carries a banner ran on sample data. It and its
    reports go to the folder `sample` of the reports; the notebook stays as it is.

    Returns:
        The files that were written.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails.
        ValueError: if the notebook cannot be exported faithfully.
        OSError: if no pandoc runs, which is found out before any cell does.
    """
    find_pandoc()
    notebook = load(path)
    if run:
        execute(notebook, path.parent)
    banner = (find_front(notebook) or {}).get("banner")
    if banner:
        print(f"\n*** {path.name}: {banner} ***\n", file=sys.stderr)
    folder = reports / "sample" if banner and reports.name != "sample" else reports
    products: dict[Path, bytes] = {}
    if run:
        content = nbformat.writes(notebook, version=VERSION) + "\n"
        products[folder / path.name if banner else path] = content.encode()
    if export:
        stem = folder / path.stem.replace("_", "-")
        html, _ = HTMLReport().from_notebook_node(notebook)
        products[stem.with_name(f"{stem.name}.html")] = html.encode()
        pdf, _ = PDFReport().from_notebook_node(notebook)
        products[stem.with_name(f"{stem.name}.pdf")] = pdf
    else:
        with tempfile.TemporaryDirectory() as scratch:
            convert(notebook, "html", Path(scratch))  # for its checks
    for target, content in products.items():
        write_atomically(target, content)
    return list(products)


def load(path: Path) -> NotebookNode:
    """Read a notebook; cells without an id get one from their place."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    for index, cell in enumerate(raw.get("cells", []), 1):
        cell.setdefault("id", f"cell-{index}")
    raw["nbformat_minor"] = max(raw.get("nbformat_minor", 0), 5)
    return nbformat.reads(json.dumps(raw), as_version=VERSION)


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in a new kernel whose working directory is the folder."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    _copy_front(notebook)
    nbformat.validate(notebook)


def _copy_front(notebook: NotebookNode) -> None:
    """Show the title and abstract of this run where a reader begins."""
    front = find_front(notebook)
    if front is None:
        return
    first = next((c for c in notebook.cells if c.cell_type == "markdown"), None)
    if first is None or not TITLE.match(first.source.strip()):
        first = nbformat.v4.new_markdown_cell(id="front-matter")
        notebook.cells.insert(0, first)
    first.source = front_markdown(front["title"], front["abstract"], front["banner"])

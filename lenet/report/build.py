"""From a notebook to its executed form and both reports, or to nothing at all."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

from lenet.files import write_atomically
from lenet.report.export import HTMLReport, PDFReport, require_pandoc
from lenet.report.reading import find_front


def build(
    path: Path, reports: Path, *, run: bool = True, export: bool = True
) -> list[Path]:
    """Execute a notebook and export it; write nothing before it has been checked.

    The PDF comes last: one that cannot be typeset takes nothing else with it.

    A notebook whose front matter carries a banner ran on sample data. It and its
    reports go to the folder `sample` of the reports; the notebook stays as it is.

    Returns:
        The files that were written.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails.
        ValueError: if the notebook cannot be exported faithfully.
        OSError: if no pandoc runs, which is found out before any cell does.
    """
    require_pandoc()
    notebook = nbformat.read(path, as_version=4)
    if run:
        execute(notebook, path.parent)
    if banner := find_front(notebook)["banner"]:
        print(f"\n*** {path.name}: {banner} ***\n", file=sys.stderr)
    folder = reports / "sample" if banner else reports
    html, _ = HTMLReport().from_notebook_node(notebook)  # for its checks, in any case
    name = path.stem.replace("_", "-")
    products: dict[Path, bytes] = {}
    if run:
        content = (nbformat.writes(notebook) + "\n").encode()
        products[folder / path.name if banner else path] = content
    if export:
        products[folder / f"{name}.html"] = html.encode()
    for target, content in products.items():
        write_atomically(target, content)
    if export:
        pdf, _ = PDFReport().from_notebook_node(notebook)
        write_atomically(pdf_path := folder / f"{name}.pdf", pdf)
        products[pdf_path] = pdf
    return list(products)


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in a new kernel whose working directory is the folder."""
    NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        # else a kernel of the newest ipykernel warns that others may listen
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    ).execute()

"""Run notebooks under settings that round differently, and say what must be equal."""

import os
from pathlib import Path
from unittest import mock

import nbformat

from lenet.report.__main__ import build

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Three different runs of the same seed: other instructions, other numbers of threads.
# Threads that sleep while they wait give the same bits, and beside other tests sooner.
SETTINGS = {
    "SSE4.1": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"},
    "two threads": {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}


def execute(name: str, setting: str, folder: Path, dataset: str):
    """Run a notebook in a copy of the project's layout; return it executed."""
    source = folder / "notebooks" / f"{name}.ipynb"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes((ROOT / "notebooks" / f"{name}.ipynb").read_bytes())
    settings = {"OMP_NUM_THREADS": "1", "DATASET": dataset} | SETTINGS[setting]
    with mock.patch.dict(os.environ, settings):  # which the kernel inherits
        os.environ.pop("REPORTS", None)
        (executed,) = build(source, folder / "reports", export=False)
    return nbformat.read(executed, as_version=4)


def compared(notebook) -> dict[str, list]:
    """Return the outputs that nbval compares, by the id of their cell."""
    found = {}
    for cell in notebook.cells:
        if "nbval-ignore-output" not in cell.metadata.get("tags", []):
            shown = [each.get("data", each) for each in cell.get("outputs", [])]
            found[cell.id] = [{**each, "image/png": None} for each in shown]
    return found

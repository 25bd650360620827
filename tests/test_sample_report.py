"""Without MNIST the notebook runs on the sample, says so, and overwrites nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

ROOT = Path(__file__).parent.parent
NOTEBOOK = "notebooks/lenet5_mnist.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone")
    (folder / "notebooks").mkdir()
    shutil.copy(ROOT / NOTEBOOK, folder / NOTEBOOK)
    unset = ("MNIST_DIR", "REPORTS")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    subprocess.run(
        [sys.executable, "-m", "lenet.report", NOTEBOOK],
        cwd=folder,
        env=kept | {"DATASET": "sample", "OMP_NUM_THREADS": "1"},
        check=True,
    )
    return folder


def test_everything_goes_to_the_sample_folder(folder):
    written = {path.name for path in (folder / "reports").rglob("*") if path.is_file()}
    endings = ("html", "pdf", "json", "safetensors")
    assert written == {f"lenet5-mnist.{each}" for each in endings} | {
        "lenet5_mnist.ipynb"
    }
    assert [path.name for path in (folder / "reports").iterdir()] == ["sample"]


def test_the_notebook_itself_is_left_alone(folder):
    assert (folder / NOTEBOOK).read_bytes() == (ROOT / NOTEBOOK).read_bytes()


def test_both_reports_say_so_first(folder):
    reports = folder / "reports" / "sample"
    page = (reports / "lenet5-mnist.html").read_text(encoding="utf-8")
    first = PdfReader(reports / "lenet5-mnist.pdf").pages[0].extract_text()
    for text in (page[: page.index("Background")], first):
        assert "repeated and tested (sample data)" in " ".join(text.split())
        assert "not MNIST" in " ".join(text.split())
        assert "sample digits" in text

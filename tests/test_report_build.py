"""Building executes, exports and writes all of it or nothing."""

import subprocess
import sys
from importlib.metadata import entry_points

import nbformat
import pytest
from nbformat import v4
from test_report_notebook import sample

from lenet.report import HTMLReport, PDFReport, __main__, build

SHOW = """from lenet.report import front_matter, prose
front_matter("New title", f"Sum {1 + 1}.", banner=None)
prose("Counted words.")"""


def write(folder, *sources):
    path = folder / "notebooks" / "my_report.ipynb"
    path.parent.mkdir()
    cells = [v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    title = v4.new_markdown_cell("# Stale\n\n**Abstract.** Stale.", id="title")
    nbformat.write(v4.new_notebook(cells=[title, *cells]), path)
    return path


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_build_writes_the_notebook_and_both_reports(tmp_path, capsys):
    path = write(tmp_path, SHOW, "import os\nprint(os.path.basename(os.getcwd()))")
    assert __main__.main([str(path)]) == 0
    built = nbformat.read(path, 4)
    nbformat.validate(built)
    assert built.cells[0].source == "# New title\n\n**Abstract.** Sum 2."
    assert [c.execution_count for c in built.cells[1:]] == [1, 2]
    assert built.cells[2].outputs[0].text == "notebooks\n"
    assert built.metadata.language_info == {"name": "python"}
    assert [c.id for c in built.cells] == ["title", "c0", "c1"]
    names = sorted(p.name for p in (tmp_path / "reports").iterdir())
    assert names == ["my-report.html", "my-report.pdf"]
    assert len(capsys.readouterr().out.splitlines()) == 3
    before = path.read_bytes()
    assert __main__.main(["--execute-only", str(path)]) == 0
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]


def test_a_failed_cell_changes_nothing(tmp_path, capsys):
    path = write(tmp_path, "numerator = 1\nnumerator / 0")
    before = path.read_bytes()
    assert __main__.main([str(path)]) == 1
    message = capsys.readouterr().err
    assert "numerator / 0" in message
    assert "ZeroDivisionError: division by zero" in message
    assert path.read_bytes() == before
    assert not (tmp_path / "reports").exists()


def test_a_wrong_reference_changes_nothing(tmp_path, capsys):
    notebook = sample()
    notebook.cells.append(v4.new_markdown_cell("[Figure 9](#fig-loss)", id="wrong"))
    path = tmp_path / "wrong.ipynb"
    nbformat.write(notebook, path)
    assert __main__.main(["--export-only", str(path)]) == 1
    assert "write [Figure 1](#fig-loss)" in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


def test_sample_data_goes_to_its_own_folder_and_says_so(tmp_path, capsys):
    path = write(tmp_path, SHOW.replace("banner=None", "banner='SAMPLE'"))
    before = path.read_bytes()
    products = build.build(path, tmp_path / "reports")
    assert path.read_bytes() == before
    folder = tmp_path / "reports" / "sample"
    names = ["my_report.ipynb", "my-report.html", "my-report.pdf"]
    assert products == [folder / name for name in names]
    assert "SAMPLE" in (folder / "my-report.html").read_text("utf-8")
    first = nbformat.read(folder / "my_report.ipynb", 4).cells[0].source
    title = "# New title (sample data)"
    assert first.startswith(f"{title}\n\n> **Warning.** SAMPLE\n\n**Abstract.**")
    assert "*** my_report.ipynb: SAMPLE ***" in capsys.readouterr().err


def test_cells_without_ids_get_fixed_ones(tmp_path):
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# T")])
    del notebook.cells[0]["id"]
    notebook.nbformat_minor = 4
    path = tmp_path / "old.ipynb"
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    assert build.load(path).cells[0].id == "cell-1"


def test_entry_points_are_registered():
    names = {p.name: p.load() for p in entry_points(group="nbconvert.exporters")}
    assert names["lenet-html"] is HTMLReport
    assert names["lenet-pdf"] is PDFReport
    assert HTMLReport.export_from_notebook == "LeNet report (HTML)"
    assert PDFReport.export_from_notebook == "LeNet report (PDF)"


def test_nbconvert_knows_the_exporter(tmp_path):
    path = tmp_path / "sample.ipynb"
    nbformat.write(sample(), path)
    command = [sys.executable, "-m", "nbconvert", "--to", "lenet-pdf", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "sample.pdf").read_bytes().startswith(b"%PDF")

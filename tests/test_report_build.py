"""Building executes, exports and writes all of it or nothing."""

import os
import re
import sys

import nbformat
import pypandoc
import pytest
from nbconvert.exporters import get_export_names, get_exporter
from nbformat import v4
from test_report import sample

from lenet.report import __main__, build

START = """from lenet.report import FrontMatter
front = FrontMatter("New title")"""
ABOUT = 'authors="A", date="2026-01-02", version="1", links=""'
END = f'front.complete(f"Sum {{1 + 1}}.", {ABOUT}, banner=None)'
PRINT = """import os
for part in os.path.split(os.getcwd()):
    print(os.path.basename(part), flush=True)"""


def write(folder, *sources):
    path = folder / "notebooks" / "my_report.ipynb"
    path.parent.mkdir()
    cells = [v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_build_writes_the_notebook_and_both_reports(tmp_path):
    path = write(tmp_path, START, PRINT, END)
    assert __main__.main([str(path)]) == 0
    built = nbformat.read(path, 4)
    assert [c.execution_count for c in built.cells] == [1, 2, 3]
    first, (printed,), last = (c.outputs for c in built.cells)
    assert (
        first[0].data["text/markdown"]
        == "# New title\n\nA, 2026-01-02, 1\n\n**Abstract.** Sum 2."
    )
    assert not last
    assert printed.text == f"{tmp_path.name}\nnotebooks\n"
    products = [path, *sorted((tmp_path / "reports").iterdir())]
    assert [p.name for p in products[1:]] == ["my-report.html", "my-report.pdf"]
    before = [product.read_bytes() for product in products]
    for only in ("--execute-only", "--export-only"):
        assert __main__.main([only, str(path)]) == 0
    assert [product.read_bytes() for product in products] == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "1 / 0.*ZeroDivisionError: division by zero"),
        (END.replace("Sum", "[Table 9](#none)"), "leads nowhere"),
        ("", "no title: complete its FrontMatter by running all cells"),
    ],
)
def test_a_failure_is_told_and_changes_nothing(source, message, tmp_path, capsys):
    path = write(tmp_path, START, source)
    before = path.read_bytes()
    assert __main__.main([str(path)]) == 1
    told = capsys.readouterr().err
    assert re.search(message, told, re.S)
    assert "\x1b" not in told
    assert path.read_bytes() == before
    assert not (tmp_path / "reports").exists()


def test_sample_data_goes_to_its_own_folder_and_says_so(tmp_path, capsys):
    path = write(tmp_path, START, END.replace("None", "'SAMPLE'"))
    before = path.read_bytes()
    products = build.build(path, tmp_path / "reports")
    assert path.read_bytes() == before
    folder = tmp_path / "reports" / "sample"
    names = ["my_report.ipynb", "my-report.html", "my-report.pdf"]
    assert products == [folder / name for name in names]
    (first,) = nbformat.read(folder / "my_report.ipynb", 4).cells[0].outputs
    top = "# New title (sample data)\n\n> **Warning.** SAMPLE\n\n"
    assert first.data["text/markdown"].startswith(top)
    assert "*** my_report.ipynb: SAMPLE ***" in capsys.readouterr().err


def test_without_a_new_pandoc_nothing_runs_and_all_ways_are_named(
    tmp_path, monkeypatch, capsys
):
    path, old = write(tmp_path, "open('ran', 'w')"), tmp_path / "pandoc"
    old.write_text("#!/bin/sh\necho pandoc 2.17.1.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PYPANDOC_PANDOC", str(old))
    pypandoc.clean_version_cache()
    pypandoc.clean_pandocpath_cache()
    try:
        assert __main__.main([str(path)]) == 1
    finally:
        pypandoc.clean_version_cache()
        pypandoc.clean_pandocpath_cache()
    message = capsys.readouterr().err
    assert re.search("no pandoc 3.2.*conda.*brew.*pypandoc_binary.*download_", message)
    assert os.listdir(path.parent) == [path.name]


def test_jupyterlab_offers_each_exporter_once_and_nbconvert_knows_all_names(
    monkeypatch,
):
    monkeypatch.setitem(sys.modules, "jupyter_server", None)
    offered = [name for name in get_export_names() if name.startswith("lenet")]
    assert offered == ["lenet_html", "lenet_pdf"]
    monkeypatch.delitem(sys.modules, "jupyter_server")
    for name in (*offered, "lenet-html", "lenet-pdf"):
        product, _ = get_exporter(name)().from_notebook_node(sample())
        assert product[:5] in ("<!DOC", b"%PDF-")

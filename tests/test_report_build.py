"""Building executes, exports and writes all of it or nothing."""

import os
import re
from unittest import mock

import nbformat
import pytest
from nbformat import v4
from test_report import read_page, read_pdf

from lenet.report.__main__ import build, main

START = """from lenet.report import FrontMatter
front = FrontMatter("New title")"""
ABOUT = 'authors="A", date="2026-01-02", version="1", links=""'
END = f'front.complete(f"Sum {{1 + 1}}.", {ABOUT})'
PRINT = """import os
for part in os.path.split(os.getcwd()):
    print(os.path.basename(part), flush=True)"""
FRONT = """from IPython.display import display
report = {"kind": "front", "title": %r, "banner": %r}
display({}, metadata={"report": report}, raw=True)"""  # sooner than PyTorch is loaded


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a notebook of some code into a folder of the working directory."""

    def write(*sources):
        path = tmp_path / "notebooks" / "my_report.ipynb"
        path.parent.mkdir()
        cells = [
            v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)
        ]
        nbformat.write(v4.new_notebook(cells=cells), path)
        return path

    monkeypatch.chdir(tmp_path)
    return write


def test_the_notebook_is_executed_in_its_folder_then_exported_as_it_is(write, tmp_path):
    path = write(START, PRINT, END)
    assert main(["--execute-only", str(path)]) == 0
    built = nbformat.read(path, 4)
    assert [c.execution_count for c in built.cells] == [1, 2, 3]
    (top,), (printed,), last = (c.outputs for c in built.cells)
    text = "# New title\n\nA, 2026-01-02, 1\n\n**Abstract.** Sum 2."
    assert top.data["text/markdown"] == text
    assert printed.text == f"{tmp_path.name}\nnotebooks\n"
    assert not last
    assert not built.cells[0].metadata  # such as times, which differ from run to run
    before = path.read_bytes()
    assert os.listdir() == ["notebooks"]
    assert main(["--export-only", str(path)]) == 0
    assert path.read_bytes() == before
    assert sorted(os.listdir("reports")) == ["my-report.html", "my-report.pdf"]
    assert os.listdir("notebooks") == [path.name]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "1 / 0.*ZeroDivisionError: division by zero"),
        (FRONT % ("[Table 9](#none)", None), "leads nowhere"),
        ("", "no title: complete its FrontMatter by running all cells"),
    ],
)
def test_a_failure_is_told_and_changes_nothing(source, message, write, capsys):
    path = write("1", source)
    before = path.read_bytes()
    assert main([str(path)]) == 1
    told = capsys.readouterr().err
    assert re.search(message, told, re.S)
    assert "\x1b" not in told
    assert path.read_bytes() == before
    assert os.listdir() == ["notebooks"]


def test_sample_data_goes_to_its_own_folder_and_says_so_everywhere(
    write, tmp_path, capsys
):
    path = write(FRONT % ("Title", "SAMPLE; *no* result."))
    before = path.read_bytes()
    notebook, html, pdf = build(path, tmp_path / "reports")
    assert path.read_bytes() == before
    names = "my_report.ipynb", "my-report.html", "my-report.pdf"
    folder = tmp_path / "reports" / "sample"
    assert [notebook, html, pdf] == [folder / name for name in names]
    assert "*** my_report.ipynb: SAMPLE; *no* result. ***" in capsys.readouterr().err
    assert nbformat.read(notebook, 4).cells[0].outputs
    page, (_, printed) = read_page(html.read_text()), read_pdf(pdf.read_bytes())
    assert page.select_one("[role=note]").get_text().strip() == "SAMPLE; no result."
    assert "SAMPLE; no result." in printed


@pytest.mark.parametrize("found", [{"return_value": "2.17"}, {"side_effect": OSError}])
def test_without_a_new_pandoc_nothing_runs_and_all_ways_are_named(found, write, capsys):
    path = write("open('ran', 'w')")
    with mock.patch("pypandoc.get_pandoc_version", **found):
        assert main([str(path)]) == 1
    message = capsys.readouterr().err
    assert re.search("no pandoc 3.2.*conda.*brew.*pypandoc_binary.*download_", message)
    assert os.listdir("notebooks") == [path.name]

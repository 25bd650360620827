"""The committed notebooks: executed whole, in order, clean, and at one with the run."""

import json
from pathlib import Path

import nbformat
import pytest

from lenet.report.reading import find_figures, find_front

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TAGS = {"nbval-ignore-output", "remove-cell", "remove-input", "show-code"}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_every_code_cell_was_executed_once_in_order_and_none_failed(notebook):
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    for output in outputs(notebook):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"


def test_code_cells_are_short_and_define_nothing(notebook):
    for cell in code_cells(notebook):
        code = cell.source.split('f"""')[0].splitlines()
        assert len(code) <= 20 or cell.id == "setup", cell.id
        assert not any(line.startswith(("def ", "class ")) for line in code)


def test_only_known_tags_are_used(notebook):
    """A misspelt one would silently do nothing."""
    used = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    assert used <= TAGS


def test_the_file_fits_viewers_and_names_no_time_or_place_of_its_own_machine(notebook):
    assert not any("execution" in cell.metadata for cell in notebook.cells)
    text = nbformat.writes(notebook)
    assert len(text.encode()) < 1_500_000
    for place in ("/home/", "/root/", "/Users/", "/tmp/", str(ROOT)):
        assert place not in text


def test_the_first_cell_shows_title_and_abstract_of_this_run(notebook):
    front = find_front(notebook)
    (shown,) = notebook.cells[0].outputs
    assert shown.data["text/markdown"].startswith(f"# {front['title']}\n")
    assert front["abstract"] in shown.data["text/markdown"]
    assert front["banner"] is None


def test_every_figure_has_alternative_text_and_caption(notebook):
    figures = find_figures(notebook).values()
    assert min(len(figure["alt"]) for figure in figures) > 30
    assert min(len(figure["caption"]) for figure in figures) > 20


def test_the_notebook_tells_the_published_run():
    notebook = nbformat.read(ROOT / "notebooks" / "lenet5_mnist.ipynb", as_version=4)
    record = json.loads((ROOT / "reports" / "lenet5-mnist.json").read_text())
    correct, total = record["test"]["num_correct"], record["test"]["num_examples"]
    assert f"{correct:,} of {total:,}" in json.dumps(outputs(notebook))
    top = json.dumps(notebook.cells[0].outputs)
    assert f"{100 * correct / total:.2f} %" in top

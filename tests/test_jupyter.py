"""A running JupyterLab: what a person opens, runs, exports and closes there."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from browser import chromium, wait_until
from nbconvert.exporters import get_exporter
from nbformat import v4

from lenet.report.__main__ import build
from lenet.report.export import HTMLReport, PDFReport

CELLS = (
    "from lenet.report import FrontMatter\n\nfront = FrontMatter('A small report')",
    "from lenet.report import prose\n\nprose('## Results')\nnumber = 2",
    "front.complete(f'It is {number}.', authors='A', date='2026-01-02', version='1', "
    "links='')",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A notebook as `make report` leaves it: executed, with outputs."""
    path = tmp_path_factory.mktemp("lab") / "notebooks" / "small_report.ipynb"
    path.parent.mkdir()
    cells = [v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(CELLS)]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    kernel["language"] = "python"
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    build(path, path.parents[1] / "reports")
    return path


def answers(about):
    with suppress(URLError), urlopen(f"{about['url']}api?token={about['token']}"):
        return True


@pytest.fixture(scope="module")
def server(path, tmp_path_factory):
    """The address and the token of a JupyterLab that has nobody's settings."""
    folder = tmp_path_factory.mktemp("jupyter")
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    env = os.environ | {f"JUPYTER_{name}": str(folder / name) for name in names}
    (folder / "RUNTIME_DIR").mkdir()
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.root_dir={path.parents[1]}", "--ServerApp.port=0"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=env, **silent) as process:
        try:
            notes = (folder / "RUNTIME_DIR").glob
            (note,) = wait_until(lambda: [*notes("jpserver-*.json")], "a server")
            about = json.loads(wait_until(note.read_text, "its address"))
            wait_until(lambda: answers(about), "an answer")  # it notes, then listens
            yield about
        finally:
            process.terminate()


@pytest.mark.parametrize(("suffix", "kind"), [("html", "text"), ("pdf", "application")])
def test_the_menus_exports_are_those_of_the_command_line(path, server, suffix, kind):
    address = f"{server['url']}nbconvert/lenet_{suffix}/notebooks/{path.name}"
    built = path.parents[1] / "reports" / f"small-report.{suffix}"
    with urlopen(f"{address}?download=true&token={server['token']}") as answer:
        assert answer.headers["Content-Type"].startswith(f"{kind}/{suffix}")
        assert answer.read() == built.read_bytes()


def test_names_with_a_hyphen_are_for_the_command_line_alone(server, monkeypatch):
    with urlopen(f"{server['url']}api/nbconvert?token={server['token']}") as answer:
        offered = [name for name in json.load(answer) if name.startswith("lenet")]
    assert offered == ["lenet_html", "lenet_pdf"]
    monkeypatch.delitem(sys.modules, "jupyter_server", raising=False)
    assert issubclass(get_exporter("lenet-html"), HTMLReport)
    assert issubclass(get_exporter("lenet-pdf"), PDFReport)


@pytest.fixture(scope="module")
def lab(path, server, tmp_path_factory):
    """The notebook, opened once: each test finds it as the one before it left it."""
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        place = f"lab/tree/notebooks/{path.name}?token={server['token']}"
        page.open(server["url"] + place)
        page.wait_for("document.body.innerText.includes('| Idle')")
        page.wait_for("document.querySelectorAll('.jp-CodeCell').length == 3")
        yield page


def choose(page, *labels):
    """Click through a menu, as a mouse does."""
    for label in labels:
        items = "[...document.querySelectorAll('.lm-Menu-itemLabel, "
        items += f".lm-MenuBar-itemLabel')].filter(e => e.textContent == '{label}')"
        page.wait_for(f"{items}.length")
        box = f"(b => [b.x + b.width / 2, b.y + 5])({items}[0].getBoundingClientRect())"
        x, y = page.evaluate(box)
        for step in (-3, 0):
            page.mouse("mouseMoved", (x + step, y), "none")
        if not label.startswith("Save and Export"):  # which opens under the pointer
            page.drag((x, y))


def test_opening_a_report_leaves_nothing_to_save(lab):
    assert lab.evaluate("document.querySelectorAll('.jp-mod-dirty').length") == 0


def test_the_menu_offers_both_formats_under_the_names_that_the_readme_gives(
    server, lab, tmp_path
):
    formats = f"fetch('{server['url']}api/nbconvert').then(answer => answer.text())"
    lab.evaluate(formats)  # so that the menu has been filled in
    options = {"behavior": "allow", "downloadPath": str(tmp_path)}
    lab.send("Page.setDownloadBehavior", **options)
    choose(lab, "File", "Save and Export Notebook As", "Lenet_html")
    wait_until(lambda: [*tmp_path.glob("*.html")], "a downloaded report")


def test_after_run_all_the_top_tells_of_this_run(path, lab):
    changed = path.read_text().replace("number = 2", "number = 3")
    assert "It is 2." in lab.evaluate("document.body.innerText")
    path.write_text(changed)
    choose(lab, "File", "Reload Notebook from Disk")
    choose(lab, "Run", "Run All Cells")
    top = "document.querySelector('.jp-OutputArea-output')?.innerText"
    lab.wait_for(f"{top}?.includes('It is 3.')")
    assert lab.evaluate(top).startswith("A small report")

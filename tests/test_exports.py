"""The committed reports: made from the committed notebooks, and whole."""

import re
import unicodedata
from pathlib import Path

import nbformat
import pypandoc
import pytest
from pypdf import PdfReader
from test_report import Page

from lenet.report import HTMLReport, PDFReport

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOCK = dict(
    line.split("==") for line in (ROOT / "requirements.lock").read_text().split()
)
PANDOC = {"1.17": "3.9"}[LOCK["pypandoc_binary"]]  # the one in the wheel


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4), request.param.stem


def committed(stem, ending):
    return ROOT / "reports" / f"{stem.replace('_', '-')}{ending}"


def reported(notebook, key):
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    found = [each.get("metadata", {}).get("report", {}) for each in outputs]
    return [report[key] for report in found if key in report]


def squeezed(text):
    """Return text without white space, hyphens, minus signs and Markdown marks."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = unicodedata.normalize("NFKC", text)  # raised digits as digits
    return re.sub(r"[\s\-−*`\u00ad]+", "", text).replace("'", "’")


def test_the_reports_are_those_of_the_notebook(notebook):
    if pypandoc.get_pandoc_version() != PANDOC:
        pytest.skip(f"the reports are made by pandoc {PANDOC}, here is another")
    content, stem = notebook
    html, _ = HTMLReport().from_notebook_node(content)
    assert html == committed(stem, ".html").read_text(encoding="utf-8")
    pdf, _ = PDFReport().from_notebook_node(content)
    assert pdf == committed(stem, ".pdf").read_bytes()


def test_both_reports_hold_every_section_and_caption(notebook):
    content, stem = notebook
    page = Page(committed(stem, ".html").read_text(encoding="utf-8"))
    reader = PdfReader(committed(stem, ".pdf"))
    pdf = "".join(sheet.extract_text() for sheet in reader.pages)
    source = "\n".join(c.source for c in content.cells if c.cell_type == "markdown")
    for words in reported(content, "caption") + re.findall(r"^##+ (.*)", source, re.M):
        for part in re.split(r"\$[^$]*\$", words):  # formulas are set otherwise
            assert squeezed(part) in squeezed(page.text)
            assert squeezed(part) in squeezed(pdf)
    assert [attrs["alt"] for attrs in page.find("img")] == reported(content, "alt")
    for link in (attrs.get("href", "#") for attrs in page.find("a")):
        here = not link.startswith(("#", "https://", "http://"))
        assert not here or (ROOT / "reports" / link).exists(), link
    assert 4 <= len(reader.pages) <= 20

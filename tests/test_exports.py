"""The committed reports: made from the committed notebooks, and whole."""

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from pypdf import PdfReader

from lenet.report import HTMLReport, PDFReport

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4), request.param.stem


def export(stem, ending):
    return ROOT / "reports" / f"{stem.replace('_', '-')}{ending}"


def reports(notebook, kind):
    found = [
        output.get("metadata", {}).get("report", {})
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    return [report for report in found if report.get("kind") == kind]


def squeezed(text):
    """Return text without white space, hyphens and Markdown marks."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[\s\-*`\u00ad]+", "", text).replace("'", "’")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_html_is_that_of_the_notebook(notebook):
    content, stem = notebook
    assert HTMLReport().from_notebook_node(content)[0] == export(
        stem, ".html"
    ).read_text(encoding="utf-8")


def test_the_pdf_is_that_of_the_notebook(notebook):
    content, stem = notebook
    made, _ = PDFReport().from_notebook_node(content)
    assert made == export(stem, ".pdf").read_bytes()


def test_the_html_loads_nothing_and_shows_every_figure_with_its_words(notebook):
    content, stem = notebook
    page = Page(export(stem, ".html").read_text(encoding="utf-8"))
    for tag, attrs in page.elements:
        assert tag not in ("script", "iframe", "object", "embed")
        assert attrs.get("src", "data:").startswith("data:")
        assert tag != "link" or attrs.get("href", "data:").startswith("data:")
    alts = [attrs["alt"] for tag, attrs in page.elements if tag == "img"]
    assert alts == [figure["alt"] for figure in reports(content, "figure")]


def test_both_reports_hold_every_section_and_caption(notebook):
    content, stem = notebook
    page = Page(export(stem, ".html").read_text(encoding="utf-8")).text
    pdf = "".join(p.extract_text() for p in PdfReader(export(stem, ".pdf")).pages)
    captions = [r["caption"] for k in ("figure", "table") for r in reports(content, k)]
    source = "\n".join(c.source for c in content.cells if c.cell_type == "markdown")
    for words in captions + re.findall(r"^##+ (.*)", source, re.M):
        assert squeezed(words) in squeezed(page)
        assert squeezed(words) in squeezed(pdf)


def test_the_pdf_is_tagged_with_its_fonts_inside(notebook):
    pdf = PdfReader(export(notebook[1], ".pdf"))
    assert 4 <= len(pdf.pages) <= 20
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & descriptor.keys()

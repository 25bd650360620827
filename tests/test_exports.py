"""The committed reports: made from the committed notebooks, and whole."""

import re
import unicodedata
from pathlib import Path

import nbformat
import pypandoc
import pytest
from portable import NOTEBOOKS, ROOT
from test_report import read_page, read_pdf

from lenet.report.export import HTMLReport, PDFReport

LOCK = (ROOT / "requirements.lock").read_text()
PANDOC = {"1.17": "3.9"}[re.search("pypandoc_binary==(.*)", LOCK)[1]]  # in the wheel


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def exported(request):
    """A notebook, its page and its PDF, as they are committed."""
    stem = ROOT / "reports" / request.param.stem.replace("_", "-")
    page = stem.with_suffix(".html").read_text(encoding="utf-8")
    pdf = stem.with_suffix(".pdf").read_bytes()
    return nbformat.read(request.param, as_version=4), page, pdf


def squeezed(text):
    """Return text without white space, hyphens, minus signs and Markdown marks."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = unicodedata.normalize("NFKC", text)  # raised digits as digits
    return re.sub(r"[\s\-−*`\u00ad]+", "", text).replace("'", "’")


def test_the_reports_are_those_of_the_notebook(exported):
    if pypandoc.get_pandoc_version() != PANDOC:
        pytest.skip(f"the reports are made by pandoc {PANDOC}, here is another")
    notebook, page, pdf = exported
    assert HTMLReport().from_notebook_node(notebook)[0] == page
    assert PDFReport().from_notebook_node(notebook)[0] == pdf


def test_both_reports_hold_every_section_and_caption(exported):
    notebook, html, pdf = exported
    page, (reader, printed) = read_page(html), read_pdf(pdf)
    assert 4 <= len(reader.pages) <= 20
    shown = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    reports = [each.get("metadata", {}).get("report", {}) for each in shown]
    source = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    texts = squeezed(page.get_text()), squeezed(printed)
    headings = re.findall(r"^##+ (.*)", source, re.M)
    for words in headings + [each["caption"] for each in reports if "caption" in each]:
        for part in re.split(r"\$[^$]*\$", words):  # formulas are set otherwise
            assert all(squeezed(part) in text for text in texts), part
    alts = [each["alt"] for each in reports if "alt" in each]
    assert [image["alt"] for image in page.select("img")] == alts
    for link in page.select("a[href]"):
        file = re.sub("^#.*|^https?://.*", "", link["href"])
        assert Path(ROOT, "reports", file).exists(), file

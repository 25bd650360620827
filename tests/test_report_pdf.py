"""The PDF report is tagged, complete and always the same."""

import io
import re

import pypdf
import pytest
from nbformat import v4
from test_report_notebook import LONG, sample

from lenet.report import PDFReport


@pytest.fixture(scope="module")
def pdf():
    return PDFReport().from_notebook_node(sample())[0]


@pytest.fixture(scope="module")
def reader(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf))


@pytest.fixture(scope="module")
def text(reader):
    return words(reader)


def words(reader):
    """Read the text with hyphenation undone and one space between words."""
    whole = "\n".join(page.extract_text() for page in reader.pages)
    return " ".join(re.sub(r"[-\u00ad]\n", "", whole).split())


def structure(node, kinds):
    """Count the structure elements of a tagged PDF by their kind."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            structure(child, kinds)
    elif isinstance(node, dict):
        if "/S" in node:
            kinds.append((node["/S"], node.get("/Alt")))
        if "/K" in node:
            structure(node["/K"], kinds)
    return kinds


def test_title_and_language(reader):
    assert reader.metadata.title == "A report & its <signs>"
    assert reader.root_object["/Lang"].startswith("en")
    assert b"pdfuaid:part" in reader.root_object["/Metadata"].get_data()


def test_structure_is_tagged(reader):
    assert reader.root_object["/MarkInfo"]["/Marked"]
    kinds = structure(reader.root_object["/StructTreeRoot"]["/K"], [])
    names = [name for name, _ in kinds]
    assert ("/Figure", "A line.") in kinds
    assert names.count("/Table") == 2
    assert names.count("/TH") >= 7
    assert {"/H1", "/H2", "/Link", "/Formula", "/Caption", "/L"} <= set(names)
    assert all(alt for name, alt in kinds if name in ("/Formula", "/Figure"))


def test_fonts_are_embedded(reader):
    fonts = [
        font.get_object()
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    ]
    assert fonts
    for font in fonts:
        inner = (
            font["/DescendantFonts"][0].get_object()
            if "/DescendantFonts" in font
            else font
        )
        assert any(name.startswith("/FontFile") for name in inner["/FontDescriptor"])


def test_pages_are_numbered(reader):
    count = len(reader.pages)
    assert 1 <= count <= 3
    for number, page in enumerate(reader.pages, 1):
        assert f"{number} / {count}" in page.extract_text()


def test_parts_are_there(text):
    assert "Figure 1. Loss of" in text
    assert "Table 1. What differs, with (1)." in text
    assert "Abstract" in text
    assert "1 Introduction" in text
    assert "2.1 Details" in text
    assert "The error is 1.5 %, see Figure 1." in text
    for word in LONG.split():
        assert word in text


def test_special_characters_survive(text):
    assert "# $5 a_b 2×2 ≥ 3 @home [x] 50% <tag> C* ~ \\ {z}" in text
    assert "emphasis; bold. code_# and" in text
    assert "A report & its <signs>" in text
    assert "“Quoted.”" in text


def test_only_shown_code_is_printed(text):
    assert "shown_code" in text
    for hidden in ("secret_input", "folded_input", "removed_cell", "epoch 1"):
        assert hidden not in text


def test_banner_is_printed():
    pdf, _ = PDFReport().from_notebook_node(sample(banner="SAMPLE DATA; *no* result."))
    assert "SAMPLE DATA; no result." in words(pypdf.PdfReader(io.BytesIO(pdf)))


def test_links_lead_to_places(reader):
    targets = [
        note.get_object()
        for page in reader.pages
        for note in page.get("/Annots", [])
        if note.get_object()["/Subtype"] == "/Link"
    ]
    assert any(
        "https://example.org/a?b=1&c=2" in str(link.get("/A")) for link in targets
    )
    assert len(targets) >= 8


def test_the_same_notebook_gives_the_same_bytes(pdf):
    assert PDFReport().from_notebook_node(sample())[0] == pdf


def test_a_character_without_a_glyph_is_refused():
    notebook = sample()
    notebook.cells.append(v4.new_markdown_cell("\N{GRINNING FACE}"))
    with pytest.raises(ValueError, match="Typst could not set the report"):
        PDFReport().from_notebook_node(notebook)


def test_source_date_is_obeyed(pdf, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    dated, _ = PDFReport().from_notebook_node(sample())
    assert pypdf.PdfReader(io.BytesIO(dated)).metadata.creation_date.year == 2001

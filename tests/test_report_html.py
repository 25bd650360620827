"""The HTML report stands alone and can be read by everyone."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from test_report_notebook import LONG, sample

from lenet.report import HTMLReport

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Every element with its attributes, and the text that is shown."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts, self.unclosed = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.texts.append(data)

    def find(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def text(self):
        return "".join(self.texts)


@pytest.fixture(scope="module")
def html():
    return HTMLReport().from_notebook_node(sample())[0]


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_elements_are_closed(page):
    assert not page.unclosed
    assert not page.open


def test_nothing_is_loaded_and_nothing_runs(html, page):
    assert not page.find("script")
    assert not page.find("link")
    for tag, attrs in page.elements:
        assert not any(name.startswith("on") for name in attrs)
        assert attrs.get("src", "data:").startswith("data:")
        assert tag == "a" or "href" not in attrs
        assert "srcset" not in attrs
    style = html[html.index("<style>") : html.index("</style>")]
    assert "@import" not in style
    assert all(url.startswith("data:") for url in re.findall(r"url\(([^)]*)", style))


def test_links_lead_somewhere(page):
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in page.find("a"):
        url = attrs.get("href", "#fig-loss")
        assert url.startswith("https://") or url[1:] in ids


def test_language_and_viewport(page):
    assert page.find("html") == [{"lang": "en"}]
    assert {
        "name": "viewport",
        "content": "width=device-width, initial-scale=1",
    } in page.find("meta")


def test_headings_are_in_order(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_figures_have_words(html, page):
    assert [image["alt"] for image in page.find("img")] == ["A line."]
    assert "<figcaption><strong>Figure 1.</strong> Loss of <math>" in html


def test_tables_have_captions_and_headers(html, page):
    assert "<caption><span><strong>Table 1.</strong> What differs" in html
    scopes = [attrs["scope"] for attrs in page.find("th")]
    assert scopes.count("col") == 5 + 2
    assert scopes.count("row") == 2 + 1
    assert LONG in page.text


def test_formulas_are_mathml(html, page):
    assert len(page.find("math")) >= 7
    assert not re.search(r"\\[a-zA-Z]+|\\\\|\$\$|\\tag", page.text.replace(" \\ ", ""))
    assert 'id="eq-loss">(2)' in html


def test_special_characters_survive(page):
    assert "# $5 a_b 2×2 ≥ 3 @home [x] 50% <tag> C* ~ \\ {z}" in page.text
    assert "emphasis; bold. code_# and" in page.text
    assert "epoch 1 <b> done" in page.text
    assert page.find("h1")
    assert "A report & its <signs>" in page.text


def test_code_is_folded_hidden_or_shown(html, page):
    assert "secret_input" not in page.text
    assert "removed_cell" not in page.text
    assert "folded_input" in page.text
    assert all("open" not in attrs for attrs in page.find("details"))
    shown = html.index("shown_code")
    assert html.rfind("</details>", 0, shown) > html.rfind("<details", 0, shown)


def test_front_matter_and_contents(page):
    assert "We measure 0.95\N{NO-BREAK SPACE}% with" in page.text
    assert "Old words" not in page.text
    assert page.find("nav")
    assert not any(attrs.get("role") == "note" for _, attrs in page.elements)


def test_banner_is_loud():
    page = Page(HTMLReport().from_notebook_node(sample(banner="SAMPLE DATA only."))[0])
    assert any(attrs.get("role") == "note" for _, attrs in page.elements)
    assert "SAMPLE DATA only." in page.text


def test_the_same_notebook_gives_the_same_page(html):
    assert HTMLReport().from_notebook_node(sample())[0] == html

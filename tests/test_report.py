"""What notebooks show becomes a whole, accessible report, or is refused with words."""

import io
import re
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace
from unittest import mock

import matplotlib.pyplot as plt
import nbformat
import pypdf
import pytest
from nbformat import v4

from lenet.report import FrontMatter, HTMLReport, PDFReport, display, figure, prose
from lenet.report.export import convert

TITLE = r"A report & its \<signs>"
TEXT = r"""## Introduction

Text with *emphasis*; **bold**. `code_#` and inline $x^2 \le \sigma(\pm 1)$, see
[Figure 1](#fig-loss), [Table 1](#tbl-long), [(2)](#eq-2), [[1]](#ref-one),
[Section 2](#The-author's-method), [a page](https://example.org/a?b=1&c=2).

\# \$5 a\_b 2×2 ≥ 3 @home [x] 50% \<tag> C\* ~ \\ {z}

\begin{equation}\tag{1}
y = \sum_{i=0}^{4} w_i x_i
\end{equation}

\begin{align}
E &= -\frac{1}{N}\log p \tag{2} \\

- F &= \begin{cases} 1 & x > 0 \\ 0 & x < 0 \end{cases} \tag{3}
\end{align}

## The author's method

### Details

- one, two
"""
MORE = """- three

| Run | Error |
|:---|---:|
| ours | 0.97 % |

> "Quoted." ~~old~~

```tex
\\begin{align} a_code \\end{align}
```
"""
REFERENCES = '## References\n\n1. <a id="ref-one"></a>A. Author, "Title", 1998.'
THIN = '<mspace width="0.167em"></mspace>'
LONG = "a text that is far too long to stand on one line of a printed table with others"


class Page(HTMLParser):
    """Every element with its attributes, and the text that is shown."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.tag, self.text = [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.tag = tag

    def handle_data(self, data):
        if self.tag not in {"script", "style", "title", "annotation"}:
            self.text += data

    def handle_endtag(self, tag):
        self.tag = ""

    def find(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def outputs(show, *arguments, **keywords):
    """Collect what a function displays as the outputs of a cell."""
    with mock.patch.object(display, "display") as shown:
        show(*arguments, **keywords)
    calls = [(call.args[0], call.kwargs["metadata"]) for call in shown.mock_calls]
    return [v4.new_output("display_data", d, metadata=m) for d, m in calls]


def front(title=TITLE, abstract="Words.", **known):
    """Return the output at the top once the last cell has completed it."""
    about = {"authors": "A. N. Author", "date": "2026-01-02", "version": "version 3"}
    about |= {"links": "See [another](other_report.ipynb), [x](../reports/x.pdf)."}
    with mock.patch("lenet.report.front.display") as shown:
        FrontMatter(title).complete(abstract, **about | known)
    (call,) = shown.return_value.update.mock_calls
    metadata = call.kwargs["metadata"]
    return [v4.new_output("display_data", call.args[0], metadata=metadata)]


def cell(outputs=(), source="x = 1", tags=()):
    return v4.new_code_cell(
        source, execution_count=1, outputs=list(outputs), metadata={"tags": list(tags)}
    )


def plot(
    label="fig-loss", caption="Loss of $n = 5$ *seeds*.", alt='A "line".', **words
):
    fig = plt.figure(figsize=(6.3, 2))
    return outputs(figure, fig, alt, label=label, caption=caption, **words)


def table(*rows, label="tbl-x", caption="Words."):
    return outputs(display.table, rows, label=label, caption=caption)


def long_table():
    header = ["", "Paper", "This run", "p", "Count"]
    rows = [["C1", "`s_x` $j = 0.1$", LONG, "2 × 10⁻⁵", 60_000]]
    rows += [["S2", "", LONG, "-0.1 to 3 %", 2]]
    caption = "What differs, with [(1)](#eq-1)."
    return table(header, *rows, label="tbl-long", caption=caption)


def sample(*more, banner=None):
    """Make an executed notebook, with more cells before its references."""
    abstract = "We measure **0.95 %** with $E(W)$ of [(2)](#eq-2). Then more."
    log = [v4.new_output("stream", text=f"Epoch {i} <b> done\n") for i in (1, 2)]
    cells = [
        v4.new_markdown_cell("# Old title\n\n**Abstract.** Old words."),
        cell(front(abstract=abstract, banner=banner), tags=["remove-cell"]),
        v4.new_markdown_cell(TEXT),
        v4.new_markdown_cell(MORE),
        cell(long_table(), source="secret_input = 1", tags=["remove-input"]),
        cell([log[0], *plot(), log[1]], source="folded_input = 1"),
        cell(source="shown_code = '#'  # kept", tags=["show-code", "unknown"]),
        cell(source="removed_cell = 1", tags=["remove-cell"]),
        cell(outputs(prose, "The error is 1.5 %, see [Figure 1](#fig-loss).")),
        cell(plot("look", "See [that](#look).", "B", numbered=False)),
        *more,
        v4.new_markdown_cell(REFERENCES),
    ]
    return v4.new_notebook(cells=cells)


def as_html(notebook):
    return HTMLReport().from_notebook_node(notebook)[0]


def as_pdf(notebook):
    return PDFReport().from_notebook_node(notebook)[0]


def words(pdf):
    """Read a PDF with hyphenation undone and one space between words."""
    whole = "\n".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
    )
    return " ".join(re.sub(r"[-\u00ad]\n", "", whole).split())


@pytest.fixture(scope="module")
def made():
    html, pdf = as_html(sample()), as_pdf(sample())
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return SimpleNamespace(html=html, page=Page(html), pdf=pdf, reader=reader)


def test_a_figure_is_one_picture_with_words_then_its_caption():
    picture, caption = plot()
    nbformat.validate(sample())
    assert set(picture.data) == {"image/png", "text/plain"}
    assert picture.data["text/plain"] == picture.metadata["image/png"]["alt"]
    assert re.match(r'<a id="fig-loss"></a>\*\*Figure', caption.data["text/markdown"])
    assert re.match(r"Figure \d\. Loss", caption.data["text/plain"])
    assert plot()[1].data == caption.data  # run again, it keeps its number
    assert plot()[0].data == picture.data
    assert not plt.get_fignums()


def test_a_table_is_readable_in_a_notebook_and_in_plain_text():
    rows = [0.1 + 0.2, 1234, "3 × 10⁻⁵"], [r"\$5", "see [(1)](#eq-1)", "1 to 2"]
    (shown,) = table(["a", "b", "c"], *rows)
    markdown, plain = shown.data["text/markdown"], shown.data["text/plain"]
    assert "| --: | :-- | --: |\n| 0.3 | 1,234 | 3 × 10⁻⁵ |" in markdown
    assert "| \\$5 | see [(1)](#eq-1) | 1 to 2 |" in markdown
    assert re.match(r"Table \d\. Words\.\n\n\| a \| b", plain)
    assert plain.endswith("see (1) | 1 to 2 |")


def test_a_figure_without_words_and_a_table_of_uneven_rows_are_refused():
    for missing in ("alt", "caption", "label"):
        with pytest.raises(ValueError, match=f"has no {missing}"):
            plot(**{missing: " "})
    plt.close("all")
    with pytest.raises(ValueError, match=r"\['c'\] has not as many cells as .*'b'"):
        table(["a", "b"], ["c"])


def test_the_page_loads_and_runs_nothing(made):
    assert not made.page.find("script")
    for tag, attrs in made.page.elements:
        assert not any(name.startswith("on") for name in attrs)
        assert attrs.get("src", "data:").startswith("data:")
        assert tag == "a" or attrs.get("href", "data:").startswith("data:")
    style = made.html[made.html.index("<style") : made.html.index("</style>")]
    assert "@import" not in style
    (font,) = re.findall(r"url\(([^)]*)", style)
    assert "data:" in font


def test_links_lead_somewhere_and_headings_are_in_order(made):
    ids = [attrs["id"] for _, attrs in made.page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in made.page.find("a"):
        url = attrs.get("href", "#fig-loss")
        files = "https://example.org/a?b=1&c=2", "other-report.html", "x.pdf"
        assert url in files or url[1:] in ids
    levels = list(map(int, re.findall("<h([1-6])", made.html)))
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert made.page.find("html") == [{"lang": "en"}]


def test_figures_tables_and_formulas_can_be_read_by_everyone(made):
    assert [image["alt"] for image in made.page.find("img")] == ['A "line".', "B"]
    assert "<figcaption><strong>Figure 1.</strong> Loss of <math" in made.html
    assert "<strong>Table 1.</strong> What differs" in made.html
    scopes = [attrs["scope"] for attrs in made.page.find("th")]
    assert (scopes.count("col"), scopes.count("row")) == (4 + 2, 2 + 1)
    assert {"style": "text-align: right;"} in made.page.find("td")
    assert len(made.page.find("math")) >= 7
    before_code = made.page.text.split("“Quoted.”")[0]
    assert not re.search(r"\\[a-zA-Z]{3,}|\$\$", before_code)
    assert 'id="eq-2">(2)' in made.html
    assert "Figure 2" not in made.page.text


def test_both_reports_hold_the_words_as_they_are(made):
    shown = " ".join(made.page.text.split())
    for text in (shown, words(made.pdf)):
        assert "# $5 a_b 2×2 ≥ 3 @home [x] 50% <tag> C* ~ \\ {z}" in text
        for words_of_it in ("emphasis; bold. code_# and", "its <signs>", "“Quoted.”"):
            assert words_of_it in text
        assert r"\begin{align} a_code \end{align}" in text
        assert "The error is 1.5 %, see Figure 1." in text.replace("\xa0", " ")
        assert "−0.1 to 3 %" in text.replace("\xa0", " ")
        assert re.search("1 Introduction.*2.1 Details.*one.*two.*three", text)
        assert "Old words" not in text
        assert set(LONG.split()) <= set(text.split())
    for joined in ("3\xa0%", "1.5\xa0%"):
        assert joined in made.page.text
    assert "2 × 10−5" in words(made.pdf)  # raised by Typst


def test_both_say_who_made_the_report_and_when_and_lead_to_the_others(made):
    meta = {each.get("name"): each.get("content") for each in made.page.find("meta")}
    assert (meta["author"], meta["date"]) == ("A. N. Author", "2026-01-02")
    assert meta["description"] == "We measure 0.95\xa0% with E(W) of (2)."
    about = made.reader.metadata
    assert (about.author, about.subject) == ("A. N. Author", meta["description"])
    assert about.creation_date.date().isoformat() == "2026-01-02"
    for shown in (made.page.text, words(made.pdf)):
        assert "A. N. Author, 2026-01-02, version 3" in shown
    notes = [note.get_object() for note in made.reader.pages[0]["/Annots"]]
    links = {note["/A"]["/URI"] for note in notes if "/URI" in note.get("/A", {})}
    assert {"other-report.pdf", "x.pdf"} <= links


def shown_code():
    """Hold
    a listing."""
    return 1  # one


def test_a_script_goes_into_the_page_alone_and_a_listing_into_both():
    html = '<div class="w">x</div><script>if (1 < 2) { "</p>" }</script>'
    shown = (
        cell(outputs(display.widget, html, "words")),
        cell(outputs(display.listing, shown_code)),
    )
    notebook = sample(*shown)
    assert html in as_html(notebook)
    assert "1 < 2" not in words(as_pdf(notebook))
    for text in (Page(as_html(notebook)).text, words(as_pdf(notebook))):
        assert re.search(r"def shown_code\(\):\s+return 1\s+# one", text)


def test_code_and_output_are_shown_folded_or_hidden_by_tags(made):
    for hidden in ("secret_input", "removed_cell"):
        assert hidden not in made.page.text + words(made.pdf)
    assert "shown_code" in words(made.pdf)
    assert not re.search("folded_input|Epoch 1", words(made.pdf))
    folds = re.findall("<details>(.*?)</details>", made.html, re.S)
    assert sum("folded_input" in fold for fold in folds) == 1
    assert not any("shown_code" in fold for fold in folds)
    (log,) = [fold for fold in folds if "<summary>Training log</summary>" in fold]
    assert "Epoch 1 &lt;b&gt; done\nEpoch 2" in log


def test_a_banner_is_loud_in_title_and_page_and_pdf():
    notebook = sample(banner="SAMPLE DATA; *no* result.")
    page, text = Page(as_html(notebook)), words(as_pdf(notebook))
    assert any(attrs.get("role") == "note" for _, attrs in page.elements)
    for shown in (page.text, text):
        assert "SAMPLE DATA; no result." in shown
        assert "<signs> (sample data)" in shown


def test_the_pdf_is_tagged_for_everyone(made):
    assert made.reader.metadata.title == "A report & its <signs>"
    assert made.reader.root_object["/Lang"].startswith("en")
    assert b"pdfuaid:part" in made.reader.root_object["/Metadata"].get_data()
    objects = map(made.reader.get_object, range(1, made.reader.trailer["/Size"]))
    nodes = [node for node in objects if isinstance(node, dict)]
    kinds = [(node["/S"], node.get("/Alt")) for node in nodes if "/S" in node]
    names = [name for name, _ in kinds]
    assert ("/Figure", 'A "line".') in kinds
    assert names.count("/Table") == 2
    assert names.count("/TH") >= 7
    assert {"/H1", "/H2", "/Link", "/Formula", "/Caption", "/L"} <= set(names)
    assert all(alt for name, alt in kinds if name in ("/Formula", "/Figure"))


def test_the_pdf_has_its_fonts_inside_and_numbered_pages(made):
    for number, sheet in enumerate(made.reader.pages, 1):
        assert f"{number} / {len(made.reader.pages)}" in sheet.extract_text()
        for font in sheet["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            assert {"/FontFile2", "/FontFile3"} & inner["/FontDescriptor"].keys()


def test_the_same_notebook_gives_the_same_bytes(made):
    assert as_html(sample()) == made.html
    assert as_pdf(sample()) == made.pdf


def test_formulas_are_written_for_both(tmp_path):
    formulas = [  # TeX, then a part of the MathML and of the Typst
        (r"a\log x", rf"<mi>a</mi>{THIN}<mrow><mi", "a log x"),
        (r"\log_2 10", rf"<mn>2</mn></msub>{THIN}<mn>10", "log_2 10"),
        (r"\tanh\Bigl(x\Bigr)", "</mrow><mo minsize", "tanh (x)"),
        ("60{,}000", "<mn>60</mn><mtext", "60 upright"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "<mtable>", "1, 2; 3, 4"),
    ]
    notebook = sample(*(v4.new_markdown_cell(f"${tex}$") for tex, *_ in formulas))
    html, typst = as_html(notebook), convert(notebook, "typst", tmp_path)
    for _, in_html, in_typst in formulas:
        assert in_html in html
        assert in_typst in typst
    assert as_pdf(notebook)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [  # in the text, then in the outputs of a cell
        ("[Figure 2](#fig-loss)", r"wrong text: write \[Figure 1\]\(#fig-loss\)"),
        ("[Figure 3](#fig-none)", "leads nowhere: the labels are .*fig-loss"),
        ("[(3)](#eq-2)", r"write \[\(2\)\]"),
        ("[[2]](#ref-one)", r"write \[\[1\]\]"),
        ("[Section 3](#Details)", r"write \[Section 2.1\]"),
        ("## Details", "'?Details.* is used twice"),
        (r"$$a \tag{7}$$", r"equation 4 has \\tag\{7\}: write \\tag\{4\}"),
        ("# Another title", "second title: begin it with ##"),
        ("```\nopen", "fence is not closed"),
        ("## A\n\n#### B", "no heading one level above it: take a # off"),
        ("![x](a.png)", "show it with lenet.report.figure"),
        ("|a|b|\n|-|-|\n|$x|y$|c|", "another number of cells .*mid"),
        ("<div>x</div>", "escape the < .*Section 2"),
        ('<a id="above"></a>\n\n## Heading', "escape the < .*Section 2"),
        ("$60,000$", r"write 60\{,\}000"),
        (r"$\nonsense{x}$", r"unexpected control sequence \\nonsense"),
        (r"Here \begin{align}a\end{align}", "must begin its line"),
        (r"\begin{tikzcd}a\end{tikzcd}", "tikzcd"),
        (table(["a"], ["[Figure 9](#fig-loss)"]), r"write \[Figure 1\]"),
        (table(["a", "b"], ["$x|y$", 1]), "another number of cells .*mid"),
        (plot(), "'?fig-loss.* is used twice: rename one"),
        (outputs(prose, "[Figure 2](#look)"), "wrong text"),
        (front(), "two cells show a FrontMatter"),
        (
            table(["a"], ["b"]),
            r"no sentence refers to Table 2: write \[Table 2\]\(#tbl-x",
        ),
        ([v4.new_output("display_data", {"image/png": ""})], "no caption: show it"),
        ([v4.new_output("error", ename="E", evalue="'x'")], r"E: 'x' .*\nd\nmend it"),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_write(wrong, message):
    is_text = isinstance(wrong, str)
    more = v4.new_markdown_cell(wrong) if is_text else cell(wrong, source="d")
    with pytest.raises(ValueError, match=re.compile(message, re.S)):
        as_pdf(sample(more))

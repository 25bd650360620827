"""What notebooks show becomes a whole, accessible report, or is refused with words."""

import io
import re
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from unittest import mock

import matplotlib.pyplot as plt
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import v4
from pypdf import PdfReader

from lenet.report import FrontMatter, display, figure, prose
from lenet.report.export import HTMLReport, PDFReport, convert, typeset

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
FORMULAS = [  # TeX, then a part of the MathML and of the Typst
    (r"a\log x", rf"<mi>a</mi>{THIN}<mrow><mi", "a log x"),
    (r"\log_2 10", rf"<mn>2</mn></msub>{THIN}<mn>10", "log_2 10"),
    (r"\tanh\Bigl(x\Bigr)", "</mrow><mo minsize", "tanh (x)"),
    ("60{,}000", "<mn>60</mn><mtext", "60 upright"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "<mtable>", "1, 2; 3, 4"),
]
LONG = "a text that is far too long to stand on one line of a printed table with others"
WIDGET = '<div class="w">x</div><script>if (1 < 2) { "</p>" }</script>'


def read_page(html):
    """Parse a page, less the TeX that its formulas carry for whoever copies them."""
    page = BeautifulSoup(html, "html.parser")
    for hidden in page.select("title, annotation"):
        hidden.decompose()
    return page


def read_pdf(pdf):
    """Open a PDF; return it and its words, hyphenation undone."""
    reader = PdfReader(io.BytesIO(pdf))
    text = "\n".join(sheet.extract_text() for sheet in reader.pages)
    return reader, " ".join(re.sub(r"[-\u00ad]\n", "", text).split())


def as_outputs(calls):
    return [
        v4.new_output("display_data", call.args[0], metadata=call.kwargs["metadata"])
        for call in calls
    ]


def outputs(show, *arguments, **keywords):
    """Collect what a function displays as the outputs of a cell."""
    with mock.patch.object(display, "display") as shown:
        show(*arguments, **keywords)
    return as_outputs(shown.mock_calls)


def front():
    """Return the output at the top once the last cell has completed it."""
    about = {"authors": "A. N. Author", "date": "2026-01-02", "version": "version 3"}
    about["links"] = "See [another](other_report.ipynb), [x](../reports/x.pdf)."
    abstract = "We measure **0.95 %** with $E(W)$ of [(2)](#eq-2). Then more."
    with mock.patch("lenet.report.front.display") as shown:
        FrontMatter(r"A report & its \<signs>").complete(abstract, **about)
    return as_outputs(shown.return_value.update.mock_calls)


def cell(outputs=(), source="x = 1", tags=()):
    return v4.new_code_cell(
        source, execution_count=1, outputs=list(outputs), metadata={"tags": list(tags)}
    )


def plot(
    label="fig-loss", caption="Loss of $n = 5$ *seeds*.", alt='A "line".', **words
):
    fig = plt.figure(figsize=(6.3, 2))
    return outputs(figure, fig, alt, label=label, caption=caption, **words)


def table(*rows, label="tbl-x", caption="Words, with [(1)](#eq-1)."):
    return outputs(display.table, rows, label=label, caption=caption)


def shown_code():
    """Hold
    a listing."""
    return 1  # one


@cache
def cells():
    log = [v4.new_output("stream", text=f"Epoch {i} <b> done\n") for i in (1, 2)]
    long_table = table(
        ["", "Paper", "This run", "p", "Count"],
        ["C1", "`s_x` $j = 0.1$", LONG, "2 × 10⁻⁵", 60_000],
        ["S2", "", LONG, "-0.1 to 3 %", 2],
        label="tbl-long",
    )
    return [
        cell(front(), tags=["remove-cell"]),
        v4.new_markdown_cell(TEXT),
        v4.new_markdown_cell(MORE),
        v4.new_markdown_cell(", ".join(f"${tex}$" for tex, *_ in FORMULAS)),
        cell(long_table, source="secret_input = 1", tags=["remove-input"]),
        cell([log[0], *plot(), log[1]], source="folded_input = 1"),
        cell(source="shown_input = '#'  # kept", tags=["show-code", "unknown"]),
        cell(source="removed_cell = 1", tags=["remove-cell"]),
        cell(outputs(prose, "The error is 1.5 %, see [Figure 1](#fig-loss).")),
        cell(plot("look", "See [that](#look).", "B", numbered=False)),
        cell(outputs(display.widget, WIDGET, "words")),
        cell(outputs(display.listing, shown_code)),
        v4.new_markdown_cell(REFERENCES),
    ]


def sample(*more):
    """Make an executed notebook, with more cells at its end."""
    return v4.new_notebook(cells=[*cells(), *more])


def as_html(notebook):
    return HTMLReport().from_notebook_node(notebook)[0]


@pytest.fixture(scope="module")
def made():
    """Both reports of the sample: the page, the PDF, and the text of each."""
    html = as_html(sample())
    page = read_page(html)
    pdf, printed = read_pdf(PDFReport().from_notebook_node(sample())[0])
    texts = [" ".join(page.get_text().split()), printed]
    return SimpleNamespace(html=html, page=page, pdf=pdf, texts=texts)


def test_a_figure_is_one_picture_with_words_then_its_caption():
    picture, caption = plot()
    nbformat.validate(sample())
    assert set(picture.data) == {"image/png", "text/plain"}
    assert picture.data["text/plain"] == picture.metadata["image/png"]["alt"]
    assert re.match(r'<a id="fig-loss"></a>\*\*Figure', caption.data["text/markdown"])
    assert re.match(r"Figure \d\. Loss", caption.data["text/plain"])
    assert [each.data for each in plot()] == [picture.data, caption.data]  # run again
    assert not plt.get_fignums()


def test_a_table_is_readable_in_a_notebook_and_in_plain_text():
    rows = [0.1 + 0.2, 1234, "3 × 10⁻⁵"], [r"\$5", "see [(1)](#eq-1)", "1 to 2"]
    (shown,) = table(["a", "b", "c"], *rows)
    markdown, plain = shown.data["text/markdown"], shown.data["text/plain"]
    assert "| --: | :-- | --: |\n| 0.3 | 1,234 | 3 × 10⁻⁵ |" in markdown
    assert "| \\$5 | see [(1)](#eq-1) | 1 to 2 |" in markdown
    assert re.match(r"Table \d\. Words, with \(1\)\.\n\n\| a \| b", plain)
    assert plain.endswith("see (1) | 1 to 2 |")


def test_a_figure_without_words_and_a_table_of_uneven_rows_are_refused():
    for missing in ("alt", "caption", "label"):
        with pytest.raises(ValueError, match=f"has no {missing}"):
            plot(**{missing: " "})
    plt.close("all")
    with pytest.raises(ValueError, match=r"\['c'\] has not as many cells as .*'b'"):
        table(["a", "b"], ["c"])


def test_the_page_loads_nothing_and_runs_nothing_but_the_script_of_a_widget(made):
    assert WIDGET in made.html
    assert len(made.page.select("script")) == 1
    assert all("1 < 2" not in text for text in made.texts)
    for tag in made.page.find_all(True):
        assert not any(name.startswith("on") for name in tag.attrs)
        assert tag.get("src", "data:").startswith("data:")
        assert tag.name == "a" or tag.get("href", "data:").startswith("data:")
    assert "@import" not in made.page.style.string
    (font,) = re.findall(r"url\(([^)]*)", made.page.style.string)
    assert "data:" in font


def test_links_lead_somewhere_and_headings_are_in_order(made):
    ids = [tag["id"] for tag in made.page.select("[id]")]
    assert len(ids) == len(set(ids))
    places = {"https://example.org/a?b=1&c=2", "other-report.html", "x.pdf"}
    places |= {f"#{each}" for each in ids}
    assert {link["href"] for link in made.page.select("a[href]")} <= places
    levels = [int(tag.name[1]) for tag in made.page.find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_figures_tables_and_formulas_can_be_read_by_everyone(made):
    page = made.page
    assert page.html.attrs == {"lang": "en"}
    assert [image["alt"] for image in page.select("img")] == ['A "line".', "B"]
    assert "<figcaption><strong>Figure 1.</strong> Loss of <math" in made.html
    assert "<strong>Table 1.</strong> Words, with" in made.html
    assert len(page.select("th[scope=col]")) == 4 + 2
    assert len(page.select("th[scope=row]")) == 2 + 1
    assert page.select('td[style="text-align: right;"]')
    assert len(page.select("math")) >= 7
    assert page.select_one("#eq-2").string == "(2)"
    before_code = made.texts[0].split("“Quoted.”")[0]
    assert not re.search(r"\\[a-zA-Z]{3,}|\$\$", before_code)
    assert "Figure 2" not in made.texts[0]


def test_both_reports_hold_the_words_as_they_are(made):
    for text in made.texts:
        assert "# $5 a_b 2×2 ≥ 3 @home [x] 50% <tag> C* ~ \\ {z}" in text
        for words in ("emphasis; bold. code_# and", "its <signs>", "“Quoted.”"):
            assert words in text
        assert r"\begin{align} a_code \end{align}" in text
        assert "The error is 1.5 %, see Figure 1." in text
        assert "−0.1 to 3 %" in text
        assert re.search("1 Introduction.*2.1 Details.*one.*two.*three", text)
        assert set(LONG.split()) <= set(text.split())
        assert re.search(r"def shown_code\(\): return 1 +# one", text)
    for joined in ("3\xa0%", "1.5\xa0%"):
        assert joined in made.page.get_text()
    assert "2 × 10−5" in made.texts[1]  # raised by Typst


def test_both_say_who_made_the_report_and_when_and_lead_to_the_others(made):
    meta = {tag.get("name"): tag.get("content") for tag in made.page.select("meta")}
    assert (meta["author"], meta["date"]) == ("A. N. Author", "2026-01-02")
    assert meta["description"] == "We measure 0.95\xa0% with E(W) of (2)."
    about = made.pdf.metadata
    assert (about.author, about.subject) == ("A. N. Author", meta["description"])
    assert about.creation_date.date().isoformat() == "2026-01-02"
    assert all("A. N. Author, 2026-01-02, version 3" in text for text in made.texts)
    notes = [note.get_object() for note in made.pdf.pages[0]["/Annots"]]
    links = {note["/A"]["/URI"] for note in notes if "/URI" in note.get("/A", {})}
    assert {"other-report.pdf", "x.pdf"} <= links


def test_code_and_output_are_shown_folded_or_hidden_by_tags(made):
    page, printed = made.texts
    assert not re.search("secret_input|removed_cell", page + printed)
    assert "shown_input" in printed
    assert not re.search("folded_input|Epoch 1", printed)
    folds = [fold.get_text() for fold in made.page.select("details")]
    assert sum("folded_input" in fold for fold in folds) == 1
    assert not any("shown_input" in fold for fold in folds)
    (log,) = [fold for fold in folds if fold.startswith("Training log")]
    assert "Epoch 1 <b> done\nEpoch 2" in log


def test_the_pdf_is_tagged_for_everyone_with_its_fonts_inside_and_pages_numbered(made):
    assert made.pdf.metadata.title == "A report & its <signs>"
    assert made.pdf.root_object["/Lang"].startswith("en")
    assert b"pdfuaid:part" in made.pdf.root_object["/Metadata"].get_data()
    objects = map(made.pdf.get_object, range(1, made.pdf.trailer["/Size"]))
    nodes = [node for node in objects if isinstance(node, dict)]
    kinds = [(node["/S"], node.get("/Alt")) for node in nodes if "/S" in node]
    names = [name for name, _ in kinds]
    assert ("/Figure", 'A "line".') in kinds
    assert (names.count("/Table"), names.count("/TH")) == (2, 5 + 2)
    assert {"/H1", "/H2", "/Link", "/Formula", "/Caption", "/L"} <= set(names)
    assert all(alt for name, alt in kinds if name in ("/Formula", "/Figure"))
    for number, sheet in enumerate(made.pdf.pages, 1):
        assert f"{number} / {len(made.pdf.pages)}" in sheet.extract_text()
        for font in sheet["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            assert {"/FontFile2", "/FontFile3"} & inner["/FontDescriptor"].keys()


def test_formulas_are_written_for_both(made, tmp_path):
    typst = convert(sample(), "typst", tmp_path)
    for _, in_html, in_typst in FORMULAS:
        assert in_html in made.html
        assert in_typst in typst


def test_a_letter_that_no_font_has_is_told(tmp_path):
    with (
        pytest.warns(match="a font of this machine must have it"),
        pytest.raises(ValueError, match=r"Typst could not .* displayed with font"),
    ):
        typeset('#set document(title: "T")\n\U0010fffd', tmp_path)


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
        (table(["a"], ["b"]), r"no sentence .* Table 2: write \[Table 2\]\(#tbl-x"),
        ([v4.new_output("display_data", {"image/png": ""})], "no caption: show it"),
        ([v4.new_output("error", ename="E", evalue="'x'")], r"E: 'x' .*\nd\nmend it"),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_write(wrong, message):
    is_text = isinstance(wrong, str)
    more = v4.new_markdown_cell(wrong) if is_text else cell(wrong, source="d")
    with pytest.raises(ValueError, match=re.compile(message, re.S)):
        as_html(sample(more))


def test_a_notebook_whose_front_matter_is_not_complete_is_refused():
    with pytest.raises(ValueError, match="no title: complete its FrontMatter by run"):
        as_html(v4.new_notebook())

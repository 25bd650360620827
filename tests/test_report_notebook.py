"""The sample notebook of the report tests, and what notebooks show while they run."""

from unittest import mock

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat import v4

from lenet.report import (
    HTMLReport,
    PDFReport,
    display,
    figure,
    front_matter,
    markdown,
    prose,
    reading,
    references,
    table,
)
from lenet.report.document import Figure, Table

TITLE = r"A report & its \<signs>"
TEXT = r"""## Introduction

Text with *emphasis*; **bold**. `code_#` and inline $x^2 \le \sigma(\pm 1)$, see
[Figure 1](#fig-loss), [Table 1](#tbl-long), [(2)](#eq-loss), [[1]](#ref-one),
[Section 2](#sec-method), [a page](https://example.org/a?b=1&c=2).

\# \$5 a\_b 2×2 ≥ 3 @home [x] 50% \<tag> C\* ~ \\ {z}

\begin{equation}\tag{1}\label{eq:conv}
y = \sum_{i=0}^{4} w_i x_i
\end{equation}

\begin{align}
E &= -\frac{1}{N} \log p \tag{2}\label{eq:loss} \\
  &= \operatorname*{arg\,max}_k z_k \tag{3}
\end{align}

<a id="sec-method"></a>

## Method

### Details

- one
- two

| Run | Error |
|:---|---:|
| ours | 0.97 |

> "Quoted."
"""
REFERENCES = """## References

1. <a id="ref-one"></a>A. Author, "Title", *Journal*, 1998."""
LONG = "a text that is far too long to stand on one line of a printed table with others"


def outputs(show, *arguments, **keywords):
    """Collect what a function displays as the outputs of a cell."""
    shown = []

    def keep(data, metadata, raw):
        shown.append(v4.new_output("display_data", data, metadata=metadata))

    with mock.patch.object(display, "display", keep):
        show(*arguments, **keywords)
    return shown


def cell(outputs=(), source="x = 1", tags=()):
    made = v4.new_code_cell(source, execution_count=1, outputs=list(outputs))
    made.metadata["tags"] = list(tags)
    return made


def plot(label="fig-loss", caption="Loss of $n = 5$ seeds; *falling*.", alt="A line."):
    fig, ax = plt.subplots(figsize=(6.3, 2))
    ax.plot([1, 2])
    return outputs(figure, fig, alt, label=label, caption=caption)


def long_table(label="tbl-long"):
    rows = [
        ["C1", "**bold** `s_x` $j = 0.1$", LONG, LONG, 60_000],
        ["S2", "b", LONG, "c", 2],
    ]
    header = ["Layer", "Paper", "This run", "Why different", "Count"]
    caption = "What differs, with [(1)](#eq-conv)."
    return outputs(table, header, rows, align="llllr", label=label, caption=caption)


def front(banner=None):
    abstract = "We measure **0.95 %** with $E(W)$ of [(2)](#eq-loss)."
    return outputs(front_matter, TITLE, abstract, banner=banner)


def sample(banner=None):
    """Make the executed notebook that the other tests export."""
    log = v4.new_output("stream", name="stdout", text="epoch 1 <b> done\n")
    cells = [
        v4.new_markdown_cell("# Old title\n\n**Abstract.** Old words."),
        cell(front(banner), tags=["remove-cell"]),
        v4.new_markdown_cell(TEXT),
        cell(long_table(), source="secret_input = 1", tags=["remove-input"]),
        cell(plot(), source="folded_input = 1"),
        cell([log]),
        cell(source="shown_code = '#'  # kept", tags=["show-code"]),
        cell(source="removed_cell = 1", tags=["remove-cell"]),
        cell(outputs(prose, "The error is 1.5 %, see [Figure 1](#fig-loss).")),
        v4.new_markdown_cell(REFERENCES),
    ]
    for number, made in enumerate(cells):
        made.id = f"cell-{number}"
    return v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def test_sample_is_a_valid_notebook():
    nbformat.validate(sample())


def test_figure_shows_one_bundle_then_its_caption():
    picture, caption = plot()
    assert set(picture.data) == {"image/svg+xml", "image/png", "text/plain"}
    assert picture.data["text/plain"] == "A line."
    assert picture.metadata["image/svg+xml"] == {
        "alt": "A line.",
        "width": 605,
        "height": 192,
    }
    assert picture.metadata["report"]["kind"] == "figure"
    assert caption.metadata["report"]["kind"] == "caption"
    assert caption.data["text/plain"].startswith("**Figure 1.** Loss")


def test_figure_is_closed_and_the_same_each_time():
    assert plot()[0].data == plot()[0].data
    assert not plt.get_fignums()
    svg = plot()[0].data["image/svg+xml"]
    assert "<dc:date>" not in svg
    assert "<text" not in svg


def test_a_label_keeps_its_number():
    first = plot(label="fig-again")[1].data["text/plain"]
    assert plot(label="fig-again")[1].data["text/plain"] == first


@pytest.mark.parametrize("missing", ["alt", "caption", "label"])
def test_figure_refuses_missing_words(missing):
    with pytest.raises(ValueError, match=f"has no {missing}"):
        plot(**{missing: " "})
    plt.close("all")


def test_table_is_readable_everywhere():
    (shown,) = long_table()
    html, plain = shown.data["text/html"], shown.data["text/plain"]
    assert "<strong>bold</strong>" in html
    assert "$j = 0.1$" in html
    assert 'scope="col"' in html
    assert "60,000" in html
    assert plain.startswith("Table 1. What differs, with (1).\n\nLayer  Paper")
    assert "bold s_x j = 0.1" in plain


def test_table_formats_numbers_and_keeps_dollars_apart():
    (shown,) = outputs(
        table,
        ["a"],
        [[0.1 + 0.2], [1234], [r"\$5 and \$6"]],
        align="r",
        label="t",
        caption="c",
    )
    assert shown.metadata["report"]["rows"] == [["0.3"], ["1,234"], [r"\$5 and \$6"]]
    assert "$5 and $6" not in shown.data["text/html"]


def test_table_refuses_ragged_rows():
    with pytest.raises(ValueError, match=r"rows of \[1, 2\] cells"):
        outputs(table, ["a", "b"], [["c"]], align="ll", label="t", caption="c")


def test_front_matter_comes_from_the_run():
    document = reading.read(sample(banner="Sample data."))
    assert document.front.title == f"{TITLE} (sample data)"
    assert document.front.banner == "Sample data."
    assert "Old words" not in str(document.blocks)


def test_a_notebook_without_front_matter_uses_its_first_cell():
    notebook = v4.new_notebook(
        cells=[v4.new_markdown_cell("# T\n\n**Abstract.** Words.")]
    )
    document = reading.read(notebook)
    assert (document.front.title, document.front.abstract) == ("T", "Words.")
    assert document.blocks == []


def test_numbers_are_given_in_order():
    document = reading.read(sample())
    labels = references.number(document)
    floats = [b for b in document.blocks if isinstance(b, Figure | Table)]
    assert [(type(b).__name__, b.number) for b in floats] == [
        ("Table", 1),
        ("Figure", 1),
    ]
    assert labels["sec-method"].number == "2"
    assert labels["Details"].number == "2.1"
    assert labels["References"].number == ""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "[Figure 2](#fig-loss)",
            r"wrong text: #fig-loss is figure 1, write \[Figure 1\]",
        ),
        ("[Table 1](#fig-loss)", r"write \[Figure 1\]\(#fig-loss\)"),
        ("[Figure 3](#fig-none)", "leads nowhere: the labels are .*fig-loss"),
        ("[(3)](#eq-loss)", r"is equation 2, write \[\(2\)\]"),
        ("[[2]](#ref-one)", r"is reference 1, write \[\[1\]\]"),
        ("[Section 3](#sec-method)", r"is section 2, write \[Section 2\]"),
        ('<a id="fig-loss"></a>', "'fig-loss' is used twice"),
        (
            r"$$a \tag{7}$$",
            r"equation 4 of the report has \\tag\{7\}: write \\tag\{4\}",
        ),
        (r"$$a \label{eq:x}$$", r"without a \\tag: add"),
        (r"\begin{multline}a\end{multline}", "'multline' is not known"),
        ("## A\n\n#### B", "without one of level 3"),
        ("![x](a.png)", "show it with lenet.report.figure"),
        ("|a|b|\n|-|-|\n|$x|y$|c|", "another number of cells"),
        ("<div>x</div>", "only <a id="),
        (r"$\nonsense{x}$", r"nonsense.* is not known"),
    ],
)
def test_what_is_wrong_is_refused(source, message):
    notebook = sample()
    notebook.cells.insert(-1, v4.new_markdown_cell(source))
    for exporter in (HTMLReport(), PDFReport()):
        with pytest.raises(ValueError, match=message):
            exporter.from_notebook_node(notebook)


def test_wrong_references_in_captions_and_cells_are_refused():
    wrong = outputs(
        table, ["a"], [["[Figure 9](#fig-loss)"]], align="l", label="t", caption="c"
    )
    notebook = sample()
    notebook.cells.append(cell(wrong))
    with pytest.raises(ValueError, match="wrong text"):
        references.number(reading.read(notebook))


def test_equations_stand_between_paragraphs():
    tokens = markdown.parse("a\n$$b$$\n\nc\n\n- d\n\n  $$e$$\n\n  f")
    kinds = [token["type"] for token in tokens if token["type"] != "blank_line"]
    assert kinds == ["paragraph", "equation", "paragraph", "list"]
    kinds = [t["type"] for t in tokens[-1]["children"][0]["children"]]
    assert [k for k in kinds if k != "blank_line"] == [
        "paragraph",
        "equation",
        "paragraph",
    ]


def test_quotes_are_curled_but_not_in_code():
    text = markdown.plain(markdown.parse_inline('"a" isn\'t *"b"* ("c") `"d"`'))
    assert text == '“a” isn’t “b” (“c”) "d"'


def test_entities_are_characters():
    assert markdown.plain(markdown.parse_inline("a&nbsp;b &lt;")) == "a\xa0b <"


def test_other_markdown_is_exported():
    source = (
        "~~old~~ new  \nline\n\n---\n\n1. a\n   - b\n\n     more\n2. c $$x$$ d\n\n"
        "> $$y$$\n\n```python\nx = 1\n```\n\n    indented\n\n[file](other.ipynb)"
    )
    notebook = sample()
    notebook.cells.append(v4.new_markdown_cell(source))
    assert "<s>old</s>" in HTMLReport().from_notebook_node(notebook)[0]
    assert PDFReport().from_notebook_node(notebook)[0].startswith(b"%PDF")


def test_a_failed_cell_is_refused():
    notebook = sample()
    failure = v4.new_output("error", ename="KeyError", evalue="'x'", traceback=[])
    notebook.cells.append(cell([failure], source="d['x']"))
    with pytest.raises(ValueError, match=r"KeyError: 'x' in the cell\nd\['x'\]"):
        reading.read(notebook)


def test_a_picture_without_caption_is_refused():
    notebook = sample()
    notebook.cells.append(cell([v4.new_output("display_data", {"image/png": "iVBOR"})]))
    with pytest.raises(ValueError, match="a picture has no caption"):
        reading.read(notebook)


def test_a_figure_that_lost_its_alt_text_is_refused():
    notebook = sample()
    notebook.cells[4].outputs[0].metadata["report"]["alt"] = ""
    with pytest.raises(ValueError, match="'fig-loss' has no alt"):
        reading.read(notebook)

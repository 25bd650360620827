"""Formulas come out right in both languages, or not at all."""

import pytest

from lenet.report.equations import rows
from lenet.report.formula import mathml
from lenet.report.typst_math import formula


@pytest.mark.parametrize(
    ("tex", "html", "typst"),
    [
        ("x", "<mi>x</mi>", "x"),
        ("60{,}000", "<mn>60,000</mn>", '"60,000"'),
        (r"\pm 1", '<mo form="prefix">±</mo><mn>1</mn>', "± 1"),
        (r"\mathrm{d}x", "<mtext>d</mtext><mi>x</mi>", '"d"x'),
        (r"a\log x", '<mspace width="0.167em" /><mi>log</mi>', 'a op("log") x'),
        (r"\lfloor x \rfloor", "<mo>⌊</mo>", "⌊ x ⌋"),
        (r"\boldsymbol{\mu}", "<mi>𝛍</mi>", "𝛍"),
        (r"\hat{y}", "<mover", "hat(y)"),
        (r"\frac{a}{b}", "<mfrac>", "frac(a, b)"),
        (r"x_i^2", "<msubsup>", "attach(x, b: i, t: 2)"),
        (r"50\,\%", "<mn>%</mn>", '50 #h(0.167em)"%"'),
        (r"\{x\}", "{</mo>", r"\{ x \}"),
        (r"\text{if } x", "<mtext>if\xa0</mtext>", '"if\xa0"x'),
        ("|x|", 'lspace="0"', r'class("normal", \|) x'),
        (r"\left|x\right|", 'stretchy="true"', r"lr(\| x \|)"),
        (r"\sqrt[3]{x}", "<mroot>", "root(3, x)"),
        (r"\left(\frac{a}{b}\right)", 'form="prefix"', r"lr(\( frac(a, b) \))"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "<mtable>", "1, 2; 3, 4"),
        (r"\begin{cases}1&x>0\\0&x<0\end{cases}", "text-align:left", "align: #left"),
    ],
)
def test_translation(tex, html, typst):
    assert html in mathml(tex)
    assert typst in formula(tex)


def test_limits_stand_below_in_displays():
    tex = r"\operatorname*{arg\,max}_k z"
    assert "<munder><mi>argmax</mi><mi>k</mi></munder>" in mathml(tex, True)
    assert "limits: #true" in formula(tex, True)


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\unknown x", "not known"),
        (r"\frac{a}", "argument is missing"),
        ("{a", "braces"),
        (r"\begin{tikzcd}a\end{tikzcd}", "'tikzcd' in the formula"),
        (r"a \\ b", "line break"),
        ("60,000", r"write 60\{,\}000"),
        ("a & b", "cannot read"),
        ("a^", "cannot read"),
    ],
)
def test_what_cannot_be_shown_is_refused(tex, message):
    with pytest.raises(ValueError, match=message):
        mathml(tex)


def test_rows_of_an_align():
    first, second = rows(
        "align", r"a &= b \tag{1}\label{eq:a} \\ &= \{c & d\} \nonumber"
    )
    assert (first.left, first.right, first.tag, first.label) == (
        "a",
        "= b",
        "1",
        "eq-a",
    )
    assert (second.left, second.tag) == ("", "")


def test_inner_environments_keep_their_rows():
    (row,) = rows("align", r"a &= \begin{cases} 1 & x \\ 2 & y \end{cases}")
    assert row.right == r"= \begin{cases} 1 & x \\ 2 & y \end{cases}"

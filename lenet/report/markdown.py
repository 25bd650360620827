"""Markdown as trees of tokens, which the HTML and the PDF writer both walk."""

import re
from collections.abc import Iterator
from html import unescape
from itertools import groupby
from typing import Any

from lenet.report.mathrules import parser

Token = dict[str, Any]
ANCHOR = re.compile(r"""<a\s+(?:id|name)\s*=\s*["']([^"']+)["']\s*/?>""")
CLOSING_ANCHOR = re.compile(r"</a\s*>")
TABLE_RULE = re.compile(r"^\|?\s*:?-+:?\s*\|[\s:|-]*$", re.M)
BLOCKS = {"paragraph", "heading", "block_text", "table_cell"}
BEFORE_PER_CENT = re.compile(r"(?<=\d) (?=%)")
OPENS_QUOTE = re.compile(r"[\s(\[{–—/]")


def parse(source: str) -> list[Token]:
    """Read Markdown with TeX mathematics into block tokens."""
    tokens = _separate_equations(parser()(source))
    _refuse_broken_tables(tokens)
    _curl_quotes(tokens, " ")
    return tokens


def parse_inline(source: str) -> list[Token]:
    """Read the Markdown of one line: a title, a caption or the cell of a table."""
    tokens = parser().inline(" ".join(source.split()), {"ref_links": {}})
    _curl_quotes(tokens, " ")
    return tokens


def walk(tokens: list[Token]) -> Iterator[Token]:
    """Visit every token, parents first, in the order of the text."""
    for token in tokens:
        yield token
        yield from walk(token.get("children", []))


def plain(tokens: list[Token]) -> str:
    """Keep only the words, for file metadata and for measuring."""
    return "".join(map(_plain_token, tokens))


def _plain_token(token: Token) -> str:
    if "children" in token:
        return plain(token["children"])
    if token["type"] in ("softbreak", "linebreak"):
        return " "
    return "" if token["type"] == "inline_html" else token.get("raw", "")


def anchor(html: str) -> str | None:
    """Read the name of an `<a id="name">`; the end tag has the empty name.

    Raises:
        ValueError: for any other HTML, which the PDF could not show.
    """
    html = html.strip()
    opening = ANCHOR.match(html)
    if opening:
        return opening[1]
    if CLOSING_ANCHOR.fullmatch(html) or html.startswith("<!--"):
        return ""
    raise ValueError(
        f'the HTML {html!r} cannot be exported: only <a id="name"></a> is known; '
        "write it in Markdown, or escape the < as \\<"
    )


def _refuse_broken_tables(tokens: list[Token]) -> None:
    """Raise for what was meant as a table but was read as a paragraph."""
    for token in walk(tokens):
        lines = "".join(
            "\n" if child["type"] == "softbreak" else plain([child])
            for child in token.get("children", [])
        )
        if token["type"] == "paragraph" and TABLE_RULE.search(lines):
            raise ValueError(
                f"a row of the table {lines!r} has another number of cells than its "
                "header: write a | inside a cell as \\|, and in a formula as \\mid"
            )


def _separate_equations(tokens: list[Token]) -> list[Token]:
    """Cut paragraphs at displayed equations, which stand between paragraphs."""
    separated = []
    for token in tokens:
        children = token.get("children", [])
        if token["type"] == "paragraph" and any(
            c["type"] == "equation" for c in children
        ):
            for is_equation, group in groupby(
                children, lambda c: c["type"] == "equation"
            ):
                part = list(group)
                separated += part if is_equation else [{**token, "children": part}]
        else:
            if children:
                token["children"] = _separate_equations(children)
            separated.append(token)
    return [token for token in separated if not _is_empty(token)]


def _is_empty(token: Token) -> bool:
    """Whether it is a paragraph of nothing, as the parser leaves after equations."""
    kinds = {child["type"] for child in token.get("children", [])}
    bare = kinds <= {"text", "softbreak"} and not plain([token]).strip()
    return token["type"] == "paragraph" and bare


def _curl_quotes(tokens: list[Token], before: str) -> str:
    """Turn straight quotes in text into typographic ones; return the last character."""
    for token in tokens:
        if token["type"] in BLOCKS:
            before = " "
        if token["type"] == "text":
            text = _curl(unescape(token["raw"]), before)
            token["raw"] = BEFORE_PER_CENT.sub("\N{NO-BREAK SPACE}", text)
            before = token["raw"][-1:] or before
        elif "children" in token:
            before = _curl_quotes(token["children"], before)
        else:
            before = " " if token["type"].endswith("break") else "x"
    return before


def _curl(text: str, before: str) -> str:
    curled = ""
    for character in text:
        if character in "\"'":
            opens = OPENS_QUOTE.match(before)
            character = {'"': "”“", "'": "’‘"}[character][bool(opens)]
        curled += character
        before = character
    return curled

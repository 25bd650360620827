"""Numbers for sections, figures, tables, equations; a check of every reference."""

import re
from dataclasses import dataclass

from lenet.report import equations, markdown
from lenet.report.document import Document, Figure, Table, Text
from lenet.report.markdown import Token

UNNUMBERED = {"References", "Acknowledgements", "Acknowledgments"}
SECTION = re.compile(r"(?:Section|Sec\.|section|§)\s*([\d.]+\d|\d)")


@dataclass(frozen=True)
class Target:
    """What a label names and the number that a reader sees there."""

    kind: str
    number: str


Labels = dict[str, Target]


def number(document: Document) -> Labels:
    """Number the parts of a report in place and check all that points to them.

    Raises:
        ValueError: if a number, label or reference in the text is wrong.
    """
    labels: Labels = {}
    _number_headings(document, labels)
    _number_floats(document, labels)
    _check_equations(document, labels)
    for tokens in document.texts():
        for token in markdown.walk(tokens):
            if token["type"] == "link" and token["attrs"]["url"].startswith("#"):
                _check(
                    markdown.plain(token["children"]), token["attrs"]["url"][1:], labels
                )
    return labels


def _add(labels: Labels, label: str, target: Target) -> None:
    if label in labels:
        raise ValueError(f"the label {label!r} is used twice: give each target its own")
    labels[label] = target


def _number_floats(document: Document, labels: Labels) -> None:
    counts = {Figure: 0, Table: 0}
    for block in document.blocks:
        if isinstance(block, Figure) and not block.numbered:
            _add(labels, block.label, Target("Picture", ""))
        elif isinstance(block, Figure | Table):
            kind = type(block)
            counts[kind] += 1
            block.number = counts[kind]
            _add(labels, block.label, Target(kind.__name__, str(block.number)))


def _number_headings(document: Document, labels: Labels) -> None:
    """Give headings levels from 1, numbers and ids; find anchors on the way."""
    tokens = [
        t for block in document.blocks if isinstance(block, Text) for t in block.tokens
    ]
    counts, waiting, current, slugs = [0] * 6, [], "", {}
    for token in tokens:
        names = _anchors(token)
        if token["type"] == "heading":
            current = _number_heading(token, counts)
            names, waiting = waiting + names, []
            slugs.setdefault(_identify(token, slugs), Target("Section", current))
        elif names and not markdown.plain([token]).strip():
            waiting += names  # an anchor alone on its line names the heading below it
            continue
        for name in names:
            _add(labels, name, Target("Section", current))
        _label_references(token, labels)
    for name in waiting:
        _add(labels, name, Target("Section", current))
    labels |= {slug: target for slug, target in slugs.items() if slug not in labels}


def _number_heading(token: Token, counts: list[int]) -> str:
    level = max(token["attrs"]["level"] - 1, 1)
    text = markdown.plain(token["children"]).strip()
    if level > 1 and counts[level - 2] == 0:
        raise ValueError(
            f"the heading {text!r} is at level {level + 1} without one of "
            f"level {level} above it: use one # less"
        )
    counts[level:] = [0] * (len(counts) - level)
    numbered = text not in UNNUMBERED
    counts[level - 1] += numbered
    section = ".".join(map(str, counts[:level])) if numbered else ""
    token["attrs"] |= {"level": level, "number": section}
    return section


def _identify(token: Token, taken: dict) -> str:
    """Name a heading as JupyterLab does, so that [text](#Heading) works in both."""
    slug = markdown.plain(token["children"]).strip().replace(" ", "-")
    while slug in taken:
        slug += "-"
    token["attrs"]["id"] = slug
    return slug


def _anchors(token: Token) -> list[str]:
    html = [t["raw"] for t in markdown.walk([token]) if t["type"].endswith("_html")]
    return [name for name in map(markdown.anchor, html) if name]


def _label_references(token: Token, labels: Labels) -> None:
    """Number the anchors in an ordered list, which is how references are written."""
    if token["type"] == "list" and token["attrs"].get("ordered"):
        start = token["attrs"].get("start", 1)
        for item_number, item in enumerate(token["children"], start):
            for name in _anchors(item):
                labels[name] = Target("Reference", str(item_number))


def _check_equations(document: Document, labels: Labels) -> None:
    count = 0
    for block in document.blocks:
        tokens = block.tokens if isinstance(block, Text) else []
        for row in (row for t in markdown.walk(tokens) for row in display_rows(t)):
            count += bool(row.tag)
            if row.tag and row.tag != str(count):
                raise ValueError(
                    f"equation {count} of the report has \\tag{{{row.tag}}}: "
                    f"write \\tag{{{count}}}"
                )
            if row.label:
                _add(labels, row.label, Target("Equation", str(count)))


def display_rows(token: Token) -> list[equations.Row]:
    """Cut a token into the rows of an equation, none if it is not one."""
    if token["type"] != "equation":
        return []
    return equations.rows(token["attrs"]["environment"], token["raw"])


def _check(text: str, label: str, labels: Labels) -> None:
    if label not in labels:
        known = ", ".join(sorted(labels)) or "none"
        raise ValueError(f"[{text}](#{label}) leads nowhere: the labels are {known}")
    target = labels[label]
    wanted = _wanted(text.replace("\xa0", " "), target)
    if text.replace("\xa0", " ") not in wanted:
        raise ValueError(
            f"[{text}](#{label}) has the wrong text: #{label} is {target.kind.lower()} "
            f"{target.number or 'without number'}, write [{wanted[0]}](#{label})"
        )


def _wanted(text: str, target: Target) -> list[str]:
    """List the texts that a link to the target may have, the best one first."""
    if target.kind == "Equation":
        bare = f"({target.number})"
        return [bare, f"Equation {bare}", f"equation {bare}"]
    if target.kind in ("Figure", "Table"):
        return [f"{target.kind} {target.number}", target.number]
    if target.kind == "Reference":
        return [f"[{target.number}]"] if re.fullmatch(r"\[\d+\]", text) else [text]
    claimed = SECTION.search(text)
    if claimed and claimed[1] != target.number:
        return [f"Section {target.number}" if target.number else "its name"]
    return [text]

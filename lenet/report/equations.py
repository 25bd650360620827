"""Displayed equations: their rows, columns, numbers and labels.

JupyterLab numbers nothing by itself, so a numbered row says `\\tag{1}`, and a row that
the text refers to also says `\\label{eq:name}`; the text links to `#eq-name`.
"""

import re
from dataclasses import dataclass

KNOWN = ("", "equation", "align", "gather")
TAG = re.compile(r"\\tag\{([^}]*)\}")
LABEL = re.compile(r"\\label\{([^}]*)\}")
DROPPED = re.compile(r"\\(?:label|tag)\{[^}]*\}|\\(?:notag|nonumber)(?![a-zA-Z])")


@dataclass(frozen=True)
class Row:
    """One line of a display: its formula cut at the first `&`, its number and label."""

    left: str
    right: str
    tag: str
    label: str


def rows(environment: str, body: str) -> list[Row]:
    """Cut a display into rows; the environment of `$$` is the empty string."""
    name = environment.rstrip("*")
    if name not in KNOWN:
        raise ValueError(
            f"environment {environment!r} is not known: "
            "use $$, equation, align or gather"
        )
    lines = _split(body, "\\\\") if name in ("align", "gather") else [body]
    return [_row(line, name == "align") for line in lines if line.strip()]


def _row(line: str, aligned: bool) -> Row:
    tag, label = TAG.search(line), LABEL.search(line)
    if label and not tag:
        raise ValueError(
            f"\\label{{{label[1]}}} stands without a \\tag: add \\tag{{n}}, because "
            "JupyterLab numbers no equation by itself"
        )
    left, *rest = (
        _split(DROPPED.sub("", line), "&") if aligned else [DROPPED.sub("", line)]
    )
    return Row(
        left=left.strip(),
        right=" ".join(part.strip() for part in rest),
        tag=tag[1] if tag else "",
        label=label[1].replace(":", "-") if label else "",
    )


def _split(body: str, separator: str) -> list[str]:
    """Cut at separators that stand in no group and in no inner environment."""
    token = re.compile(r"\\(begin|end)\{[^}]*\}|\\\\|\\.|[{}&]", re.S)
    parts, depth, start = [], 0, 0
    for match in token.finditer(body):
        if match[0] == "{" or match[1] == "begin":
            depth += 1
        elif match[0] == "}" or match[1] == "end":
            depth -= 1
        elif match[0] == separator and depth == 0:
            parts.append(body[start : match.start()])
            start = match.end()
    return [*parts, body[start:]]

"""An executed notebook as one Markdown document for pandoc and its filter.

A figure is a fenced div of its caption and its alt text, a table one of its caption and
itself, a widget one of its HTML; code with a `summary` is folded.
"""

import json
import re
from base64 import b64decode
from itertools import chain, takewhile
from zlib import decompress

from nbformat import NotebookNode

FENCE = "~" * 40  # longer than any in a cell
SEPARATOR = "\n\n<!-- -->\n\n"  # else a list would go on in the next cell
FENCED = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)", re.S | re.M)
DISPLAY = r"^\$\$.*?\$\$|^\\begin\{(?P<name>\w+\*?)\}.*?\\end\{(?P=name)\}"
SPECIAL = re.compile(f"{FENCED.pattern}|{DISPLAY}", re.S | re.M)
TABLE_RULE = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?)?\s*")


def find_front(notebook: NotebookNode) -> dict:
    """Find what the notebook gave to its `FrontMatter`.

    Raises:
        ValueError: if no cell completed one, or two cells show one.
    """
    found = _reports(notebook, "front")
    if not found:
        raise ValueError(
            "the notebook has no title: complete its FrontMatter by running all cells"
        )
    if len(found) > 1:
        raise ValueError("two cells show a FrontMatter: make one, for one title")
    return found[0]


def find_figures(notebook: NotebookNode) -> dict[str, dict]:
    """Find what the notebook gave to `figure`, by label."""
    return {each["label"]: each for each in _reports(notebook, "figure")}


def vector(report: dict) -> str:
    """Return the SVG of a figure."""
    return decompress(b64decode(report["svg"])).decode()


def read(notebook: NotebookNode) -> str:
    """Write a notebook as Markdown.

    Raises:
        ValueError: if a cell failed, there is no title, a picture has no caption or a
            row of a table is ragged.
    """
    front = find_front(notebook)
    texts = {part: _markdown(text) for part, text in front.items() if text}
    for part in texts.keys() & {"abstract", "banner"}:
        texts[part] += "\n"  # the line end makes paragraphs of them
    parts = chain(*map(_cell, notebook.cells))
    return SEPARATOR.join([f"---\n{json.dumps(texts)}\n---", *parts])


def _reports(notebook: NotebookNode, kind: str) -> list[dict]:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [each for each in map(_report, outputs) if each.get("kind") == kind]


def _report(output: NotebookNode) -> dict:
    return output.get("metadata", {}).get("report", {})


def _cell(cell: NotebookNode) -> list[str]:
    """Write a cell: its code, all that it printed as one output, what it showed."""
    tags, outputs = cell.metadata.get("tags", []), cell.get("outputs", [])
    for output in outputs:
        if output.output_type == "error":
            raise ValueError(
                f"a failed run cannot be exported: {output.ename}: {output.evalue} in "
                f"the cell\n{cell.source}\nmend it and execute the notebook again"
            )
    if "remove-cell" in tags or cell.cell_type == "raw":
        return []
    if cell.cell_type == "markdown":
        return [_markdown(cell.source)]
    parts = []
    if cell.source.strip() and "remove-input" not in tags:
        folded = "" if "show-code" in tags else f"Code {cell.execution_count or ''}"
        parts.append(_code(cell.source, "python", folded))
    printed = "".join(map(_printed, outputs)).strip("\n")
    if printed:
        is_log = printed.lower().startswith("epoch")
        parts.append(_code(printed, "text", "Training log" if is_log else "Output"))
    return [*parts, *filter(None, map(_shown, outputs))]


def _code(source: str, language: str, folded: str = "") -> str:
    summary = f' summary="{folded.strip()}"' if folded else ""
    return f"{FENCE} {{.{language}{summary}}}\n{source.rstrip()}\n{FENCE}"


def _printed(output: NotebookNode) -> str:
    """Take what a cell printed, or the text of a value without a richer form."""
    data = output.get("data", {})
    rich = _report(output) or "text/markdown" in data
    return output.get("text", "" if rich else data.get("text/plain", "") + "\n")


def _shown(output: NotebookNode) -> str:
    """Write what a cell displayed; what the filter writes itself gives nothing."""
    report, data = _report(output), output.get("data", {})
    kind, label = report.get("kind"), report.get("label", "")
    if kind in ("front", "caption"):
        return ""
    if kind == "widget":
        return f"::: {{.Widget}}\n{_code(data['text/html'], 'html')}\n:::"
    if kind not in ("figure", "table"):
        if any(mime.startswith("image/") for mime in data):
            raise ValueError("a picture has no caption: show it with figure()")
        return _markdown(data.get("text/markdown", ""))
    classes = f".{kind.title()}" + " .numbered" * report.get("numbered", True)
    if kind == "figure":
        classes += f" width={report['width']}"
        body = _code(report["alt"], "text")
    else:
        body = report["table"]
    text = _markdown(f"{report['caption']}\n\n{body}")
    return f"::: {{#{label} {classes}}}\n{text}\n:::"


def _markdown(text: str) -> str:
    """Show pandoc the formulas that JupyterLab finds itself."""
    _refuse_what_is_lost(text)
    return SPECIAL.sub(_mend, text).strip()


def _mend(match: re.Match[str]) -> str:
    """Write a displayed formula on one line; leave fenced code as it is."""
    if match["fence"]:
        return match[0]
    formula = " ".join(match[0].split())
    return f"$${formula}$$" if match["name"] else formula


def _refuse_what_is_lost(text: str) -> None:
    """Refuse rows and fences of which pandoc would make something else."""
    lines = FENCED.sub("", text).splitlines()
    if any(line.startswith(("```", "~~~")) for line in lines):
        raise ValueError(f"the code fence is not closed in the cell\n{text}")
    for number, line in enumerate(lines):
        if number and TABLE_RULE.fullmatch(line):
            for row in [lines[number - 1], *takewhile(str.strip, lines[number + 1 :])]:
                if _count_cells(row) != _count_cells(line):
                    raise ValueError(
                        f"the row {row!r} of a table has another number of cells than "
                        r"the others: write a | in a cell as \|, in a formula as \mid"
                    )


def _count_cells(row: str) -> int:
    inner = row.strip().removeprefix("|").removesuffix("|")
    return 1 + len(re.findall(r"(?<!\\)\|", inner))

"""Taking an executed notebook apart into the parts of a report."""

import re

from nbformat import NotebookNode

from lenet.report import markdown
from lenet.report.document import (
    Block,
    Code,
    Document,
    Figure,
    Front,
    Log,
    Table,
    Text,
)

TITLE = re.compile(r"#\s+([^\n]+)\n*(.*)", re.S)
ABSTRACT = re.compile(r"\s*\*\*Abstract\.?\*\*\s*")


def read(notebook: NotebookNode) -> Document:
    """Take a notebook apart.

    Raises:
        ValueError: if a cell failed, there is no title, or a figure lacks its words.
    """
    cells = list(notebook.cells)
    front = find_front(notebook)
    first = next((c for c in cells if c.cell_type == "markdown"), None)
    heading = TITLE.match(first.source.strip()) if first else None
    if front is None:
        front = _front_of_cell(heading)
    front.authors = [a["name"] for a in notebook.metadata.get("authors", [])]
    kept = [c for c in cells if not (heading and c is first)]
    return Document(front, [block for cell in kept for block in _blocks(cell)])


def find_front(notebook: NotebookNode) -> Front | None:
    """Find what the notebook gave to `front_matter`."""
    found = [
        report
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if (report := _report(output)).get("kind") == "front"
    ]
    if len(found) > 1:
        raise ValueError(
            "front_matter was called twice: a report has one title, call it once"
        )
    if not found:
        return None
    front = found[0]
    return Front(front["title"], front["abstract"], front.get("banner") or "")


def _front_of_cell(heading: re.Match[str] | None) -> Front:
    if heading is None:
        raise ValueError(
            "the notebook has no title: call front_matter, or begin with a "
            "Markdown cell of '# Title' and '**Abstract.** text'"
        )
    return Front(heading[1].strip(), ABSTRACT.sub("", heading[2], count=1))


def _report(output: NotebookNode) -> dict:
    return output.get("metadata", {}).get("report", {})


def _blocks(cell: NotebookNode) -> list[Block]:
    tags = cell.metadata.get("tags", [])
    _refuse_failure(cell)
    if "remove-cell" in tags:
        return []
    if cell.cell_type == "markdown":
        return [Text(markdown.parse(cell.source))]
    if cell.cell_type != "code":
        return []
    blocks = [block for output in cell.outputs for block in _output(output)]
    if cell.source.strip() and "remove-input" not in tags:
        blocks.insert(0, Code(cell.source, cell.execution_count, "show-code" in tags))
    return blocks


def _refuse_failure(cell: NotebookNode) -> None:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            raise ValueError(
                f"a failed run cannot be exported: {output.ename}: {output.evalue} in "
                f"the cell\n{cell.source}\nmend it and execute the notebook again"
            )


def _output(output: NotebookNode) -> list[Block]:
    """Read one output; what the exporters write themselves gives nothing."""
    if output.output_type == "stream":
        return [Log(output.text)]
    report, data = _report(output), output.data
    kind = report.get("kind")
    if kind in ("front", "caption"):
        return []
    if kind == "figure":
        return [_figure(report, output)]
    if kind == "table":
        return [_table(report)]
    if any(mime.startswith("image/") for mime in data):
        raise ValueError("a picture has no caption: show it with lenet.report.figure")
    if "text/markdown" in data:
        return [Text(markdown.parse(data["text/markdown"]))]
    return [Log(data["text/plain"])] if "text/plain" in data else []


def _words(report: dict, *names: str) -> None:
    for name in names:
        if not str(report.get(name, "")).strip():
            raise ValueError(
                f"the {report['kind']} {report.get('label', '')!r} has no {name}: "
                f"give {report['kind']}() one"
            )


def _figure(report: dict, output: NotebookNode) -> Figure:
    _words(report, "label", "alt", "caption")
    mime = "image/svg+xml"
    if mime not in output.data:
        raise ValueError(
            f"the figure {report['label']!r} has no SVG: show it with figure()"
        )
    size = output.metadata.get(mime, {})
    return Figure(
        report["label"],
        markdown.parse_inline(report["caption"]),
        " ".join(report["alt"].split()),
        "".join(output.data[mime]),
        size["width"],
        size["height"],
        report.get("numbered", True),
    )


def _table(report: dict) -> Table:
    _words(report, "label", "caption")
    return Table(
        report["label"],
        markdown.parse_inline(report["caption"]),
        report["align"],
        [markdown.parse_inline(cell) for cell in report["header"]],
        [[markdown.parse_inline(cell) for cell in row] for row in report["rows"]],
    )

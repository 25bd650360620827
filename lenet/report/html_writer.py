"""Markdown as HTML with MathML."""

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from lenet.report.columns import measure
from lenet.report.equations import Row
from lenet.report.formula import mathml
from lenet.report.markdown import Token
from lenet.report.references import display_rows
from lenet.report.writer import Writer

SIDES = {"l": "left", "r": "right", "c": "center"}
KEPT = ";white-space:nowrap"  # short columns beside long text
FOCUSABLE = 'tabindex="0" role="group"'  # what may scroll must be reachable by keyboard


class HTMLWriter(Writer):
    """Markdown tokens as HTML with MathML."""

    def anchor(self, name: str) -> str:
        """Write a target for links."""
        return f'<a id="{escape(name)}"></a>'

    def write_text(self, token: Token) -> str:
        """Write text."""
        return escape(token["raw"], quote=False)

    def write_softbreak(self, token: Token) -> str:
        """Write a line end of the source."""
        return "\n"

    def write_linebreak(self, token: Token) -> str:
        """Write a line break."""
        return "<br>\n"

    def write_codespan(self, token: Token) -> str:
        """Write code within a line."""
        return f"<code>{escape(token['raw'], quote=False)}</code>"

    def write_emphasis(self, token: Token) -> str:
        """Write emphasis."""
        return f"<em>{self.children(token)}</em>"

    def write_strong(self, token: Token) -> str:
        """Write strong emphasis."""
        return f"<strong>{self.children(token)}</strong>"

    def write_strikethrough(self, token: Token) -> str:
        """Write struck text."""
        return f"<s>{self.children(token)}</s>"

    def write_link(self, token: Token) -> str:
        """Write a link."""
        return f'<a href="{escape(token["attrs"]["url"])}">{self.children(token)}</a>'

    def write_paragraph(self, token: Token) -> str:
        """Write a paragraph."""
        return f"<p>{self.children(token)}</p>\n"

    def write_heading(self, token: Token) -> str:
        """Write a heading with its number."""
        attrs, level = token["attrs"], token["attrs"]["level"] + 1
        number = (
            f'<span class="number">{attrs["number"]}</span> ' if attrs["number"] else ""
        )
        start = f'<h{level} id="{escape(attrs["id"])}">'
        return f"{start}{number}{self.children(token).strip()}</h{level}>\n"

    def write_list(self, token: Token) -> str:
        """Write a list."""
        attrs = token["attrs"]
        tag = "ol" if attrs.get("ordered") else "ul"
        start = f' start="{attrs["start"]}"' if attrs.get("start", 1) != 1 else ""
        return f"<{tag}{start}>\n{self.children(token)}</{tag}>\n"

    def write_list_item(self, token: Token) -> str:
        """Write an item of a list."""
        return f"<li>{self.children(token)}</li>\n"

    def write_block_quote(self, token: Token) -> str:
        """Write a quotation."""
        return f"<blockquote>\n{self.children(token)}</blockquote>\n"

    def write_thematic_break(self, token: Token) -> str:
        """Write a rule."""
        return "<hr>\n"

    def write_block_code(self, token: Token) -> str:
        """Write a block of code."""
        return code(token["raw"], token.get("attrs", {}).get("info", "text"))

    def write_table(self, token: Token) -> str:
        """Write a table of a Markdown cell, which has no number."""
        head, body = token["children"]
        align = [cell["attrs"]["align"] or "left" for cell in head["children"]]
        rows = [[c["children"] for c in row["children"]] for row in body["children"]]
        return self.grid([c["children"] for c in head["children"]], rows, align)

    def grid(
        self, header: list, rows: list, align: list[str], caption: str = ""
    ) -> str:
        """Write a table; the first cell of a row heads that row."""
        widths = measure(header, rows).widths
        wide = any(width != "auto" for width in widths)
        styles = [
            f' style="text-align:{side}{KEPT if wide and width == "auto" else ""}"'
            for side, width in zip(align, widths, strict=True)
        ]
        name = ' class="wide"' if wide else ""
        head = "".join(
            f'<th scope="col"{style}>{self(cell)}</th>'
            for style, cell in zip(styles, header, strict=True)
        )
        body = "\n".join(self._table_row(row, styles) for row in rows)
        return (
            f'<div class="scroll" {FOCUSABLE} aria-label="Table">'
            f"<table{name}>{caption}\n<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{body}\n</tbody></table></div>\n"
        )

    def _table_row(self, row: list, styles: list[str]) -> str:
        tags = ['th scope="row"', *["td"] * (len(row) - 1)]
        cells = zip(tags, styles, row, strict=True)
        return (
            "<tr>"
            + "".join(
                f"<{tag}{style}>{self(cell)}</{tag[:2]}>" for tag, style, cell in cells
            )
            + "</tr>"
        )

    def write_formula(self, token: Token) -> str:
        """Write a formula within a line."""
        return mathml(token["raw"])

    def write_equation(self, token: Token) -> str:
        """Write displayed equations in columns that align at their `&`."""
        rows = "".join(map(self._equation, display_rows(token)))
        return f'<div class="equation" {FOCUSABLE} aria-label="Equation">{rows}</div>\n'

    def _equation(self, row: Row) -> str:
        name = f' id="{escape(row.label)}"' if row.label else ""
        number = f'<div class="eq-number"{name}>({row.tag})</div>' if row.tag else ""
        if not row.right:
            return f'<div class="eq-whole">{mathml(row.left, True)}</div>{number}'
        left = f'<div class="eq-left">{mathml(row.left, True)}</div>'
        # The empty group makes a leading = or + spaced as between two terms.
        right = f'<div class="eq-right">{mathml("{}" + row.right, True)}</div>'
        return left + right + number


def code(source: str, language: str) -> str:
    """Write highlighted code that can be reached and scrolled by keyboard."""
    lexer = get_lexer_by_name((language or "text").split()[0])
    body = highlight(source, lexer, HtmlFormatter(nowrap=True))
    return f'<pre tabindex="0"><code>{body}</code></pre>\n'

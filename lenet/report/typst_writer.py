"""Markdown as Typst markup."""

from lenet.report.columns import measure
from lenet.report.equations import Row
from lenet.report.markdown import Token
from lenet.report.references import display_rows
from lenet.report.typst_math import formula, quote
from lenet.report.writer import Writer


class TypstWriter(Writer):
    """Markdown tokens as Typst markup.

    All text is written as string literals, which Typst shows as they are: nothing in
    the text can be taken for markup.
    """

    def anchor(self, name: str) -> str:
        """Write a target for links."""
        return f"#anchor({quote(name)})"

    def write_text(self, token: Token) -> str:
        """Write text."""
        return f"#{quote(token['raw'])}"

    def write_softbreak(self, token: Token) -> str:
        """Write a line end of the source."""
        return '#" "'

    def write_linebreak(self, token: Token) -> str:
        """Write a line break."""
        return "#linebreak()"

    def write_codespan(self, token: Token) -> str:
        """Write code within a line."""
        return f"#raw({quote(token['raw'])})"

    def write_emphasis(self, token: Token) -> str:
        """Write emphasis."""
        return f"#emph[{self.children(token)}]"

    def write_strong(self, token: Token) -> str:
        """Write strong emphasis."""
        return f"#strong[{self.children(token)}]"

    def write_strikethrough(self, token: Token) -> str:
        """Write struck text."""
        return f"#strike[{self.children(token)}]"

    def write_link(self, token: Token) -> str:
        """Write a link."""
        url = token["attrs"]["url"]
        target = f"label({quote(url[1:])})" if url.startswith("#") else quote(url)
        return f"#link({target})[{self.children(token)}]"

    def write_paragraph(self, token: Token) -> str:
        """Write a paragraph."""
        return f"\n{self.children(token)}\n\n"

    def write_heading(self, token: Token) -> str:
        """Write a heading; Typst counts as the exporter has counted."""
        attrs = token["attrs"]
        numbering = "" if attrs["number"] else ", numbering: none"
        name = self.anchor(attrs["id"])
        text = self.children(token)
        return f"\n#heading(level: {attrs['level']}{numbering})[{text}{name}]\n\n"

    def write_list(self, token: Token) -> str:
        """Write a list."""
        attrs = token["attrs"]
        kind = (
            f"enum(start: {attrs.get('start', 1)}, "
            if attrs.get("ordered")
            else "list("
        )
        items = ", ".join(f"[{self.children(item)}]" for item in token["children"])
        return f"\n#{kind}{items})\n\n"

    def write_block_quote(self, token: Token) -> str:
        """Write a quotation."""
        return f"\n#quote(block: true)[{self.children(token)}]\n\n"

    def write_thematic_break(self, token: Token) -> str:
        """Write a rule."""
        return "\n#rule\n\n"

    def write_block_code(self, token: Token) -> str:
        """Write a block of code."""
        return code(token["raw"], token.get("attrs", {}).get("info", "text"))

    def write_table(self, token: Token) -> str:
        """Write a table of a Markdown cell, which has no number."""
        head, body = token["children"]
        align = [cell["attrs"]["align"] or "left" for cell in head["children"]]
        header = [cell["children"] for cell in head["children"]]
        rows = [[c["children"] for c in row["children"]] for row in body["children"]]
        return f"\n#align(center, {self.grid(header, rows, align)})\n\n"

    def grid(self, header: list, rows: list, align: list[str]) -> str:
        """Write a table with columns as wide as what is in them asks for."""
        columns = measure(header, rows)
        return (
            f"grid-table(({', '.join(columns.widths)},), ({', '.join(align)},), "
            f"{columns.size}pt, {self._cells([header])}, {self._cells(rows)})"
        )

    def _cells(self, rows: list) -> str:
        lines = (", ".join(f"[{self(cell)}]" for cell in row) for row in rows)
        return f"({', '.join(lines)},)"

    def write_formula(self, token: Token) -> str:
        """Write a formula within a line; who listens hears the TeX."""
        return f"#formula({quote(token['raw'])}, ${formula(token['raw'])}$)"

    def write_equation(self, token: Token) -> str:
        """Write displayed equations in columns that align at their `&`."""
        rows = ", ".join(map(self._equation, display_rows(token)))
        return f"\n#equations({rows})\n\n"

    def _equation(self, row: Row) -> str:
        # The empty string makes a leading = or + spaced as between two terms.
        right = f'""{formula(row.right, True)}' if row.right else ""
        name = self.anchor(row.label) if row.label else ""
        number = f'[{name}#"({row.tag})"]' if row.tag else "none"
        return (
            f"(left: {_half(row.left, formula(row.left, True))}, "
            f"right: {_half(row.right, right)}, number: {number})"
        )


def _half(tex: str, body: str) -> str:
    """Write one half of a row with the TeX that is read aloud."""
    return f"(alt: {quote(tex)}, body: ${body}$)" if tex else "none"


def code(source: str, language: str) -> str:
    """Write a block of code."""
    language = (language or "text").split()[0]
    return f"\n#raw(block: true, lang: {quote(language)}, {quote(source.rstrip())})\n\n"

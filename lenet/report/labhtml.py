"""Tables for front ends that run MathJax: HTML in which the TeX is left as it is."""

from html import escape

from lenet.report import markdown
from lenet.report.html_writer import SIDES, HTMLWriter
from lenet.report.markdown import Token


class LabWriter(HTMLWriter):
    """Inline Markdown as HTML with TeX between dollars."""

    def write_formula(self, token: Token) -> str:
        """Leave a formula to the front end."""
        return f"${escape(token['raw'], quote=False)}$"

    def write_text(self, token: Token) -> str:
        """Write text; a dollar in an element of its own starts no formula."""
        return super().write_text(token).replace("$", "<span>$</span>")


def table_html(cells: list[list[str]], align: str, label: str, caption: str) -> str:
    """Write a table whose first row is its header."""
    write = LabWriter()
    header, *rows = [[markdown.parse_inline(cell) for cell in row] for row in cells]
    text = write(markdown.parse_inline(caption))
    above = f'<caption style="caption-side:top;text-align:left">{text}</caption>'
    grid = write.grid(header, rows, [SIDES[side] for side in align], above)
    return f'<div id="{escape(label)}">{grid}</div>'

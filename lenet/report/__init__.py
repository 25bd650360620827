"""From an executed notebook to a report: one HTML file and one typeset PDF.

Notebooks call `figure`, `table`, `prose` and `front_matter`; the exporters number what
those show, check every reference and refuse what they cannot show faithfully.
"""

from typing import Any

from lenet.report.display import figure, front_matter, prose, table

__all__ = ["HTMLReport", "PDFReport", "figure", "front_matter", "prose", "table"]


def __getattr__(name: str) -> Any:
    """Load the exporters when asked for: a notebook needs no nbconvert, no Typst."""
    if name == "HTMLReport":
        from lenet.report.html import HTMLReport

        return HTMLReport
    if name == "PDFReport":
        from lenet.report.pdf import PDFReport

        return PDFReport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

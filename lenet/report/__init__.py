"""From an executed notebook to a report: one HTML file and one typeset PDF.

Notebooks call `figure`, `table` and others of `display`, and complete a `FrontMatter`.
The exporters read what those have shown (`reading`) and let pandoc and Typst write it
(`export`); `templates/report.lua` numbers it and checks every reference.
"""

from typing import Any

from lenet.report.display import figure, listing, prose, table, widget
from lenet.report.front import FrontMatter

__all__ = [
    "FrontMatter",
    "HTMLReport",
    "PDFReport",
    "figure",
    "listing",
    "prose",
    "table",
    "widget",
]


def __getattr__(name: str) -> Any:
    """Load the exporters when asked for: a notebook needs no nbconvert, no Typst."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lenet.report import export

    return getattr(export, name)

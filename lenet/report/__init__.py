"""From an executed notebook to a report: one HTML file and one typeset PDF.

Notebooks call `figure`, `table` and others of `display`, and complete a `FrontMatter`;
they need no nbconvert and no Typst. The exporters read what those have shown
(`reading`) and let pandoc and Typst write it (`export`); `templates/report.lua` numbers
it and checks every reference.
"""

from lenet.report.display import figure, listing, prose, table, widget
from lenet.report.front import FrontMatter

__all__ = ["FrontMatter", "figure", "listing", "prose", "table", "widget"]

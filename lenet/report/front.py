"""Title, byline and abstract: shown at the top of a notebook, completed at its end."""

from IPython.display import display

from lenet.report.display import as_output, require


class FrontMatter:
    """What stands at the top of a report: shown first, completed at the end.

    Args:
        title: One line of Markdown.
    """

    def __init__(self, title: str):
        require("front matter", title=title)
        self.title = title
        text = f"# {title}\n\nThe last cells of this notebook write the abstract here."
        data, metadata = as_output(text, {})
        self._handle = display(data, metadata=metadata, raw=True, display_id=True)

    def complete(
        self,
        abstract: str,
        *,
        authors: str,
        date: str,
        version: str,
        links: str,
        keywords: str = "",
        banner: str | None = None,
    ) -> None:
        """Fill in what is known at the end of the run.

        Args:
            abstract: Markdown without the word "Abstract".
            date: Of the run, as 2026-11-25.
            version: Of the code that made it.
            links: Markdown that leads to related files; left out beside a banner.
            keywords: With commas between them.
            banner: What a reader must know first of a run on sample data, in whose
                title that is said too. None: the run is the real one.
        """
        require("front matter", abstract=abstract, authors=authors, date=date)
        title = self.title + (" (sample data)" if banner else "")
        byline = f"{authors}, {date}, {version}"
        abstract, links = abstract.strip(), "" if banner else links
        report = {"kind": "front", "title": title, "abstract": abstract}
        report |= {"byline": byline, "author": authors, "date": date}
        report |= {"keywords": keywords, "links": links, "banner": banner}
        warning = f"> **Warning.** {banner}" if banner else ""
        parts = f"# {title}", warning, byline, links, f"**Abstract.** {abstract}"
        data, metadata = as_output("\n\n".join(filter(None, parts)), report)
        self._handle.update(data, metadata=metadata, raw=True)

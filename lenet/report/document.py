"""The parts of a report: front matter, text, figures, tables, code."""

from dataclasses import dataclass, field

from lenet.report import markdown
from lenet.report.markdown import Token


@dataclass
class Front:
    """Title, abstract, warning and authors, each still in Markdown."""

    title: str
    abstract: str
    banner: str = ""
    authors: list[str] = field(default_factory=list)


@dataclass
class Text:
    """Paragraphs, headings, lists, equations."""

    tokens: list[Token]


@dataclass
class Figure:
    """A picture with its caption and the words for who cannot see it.

    Its number is 0 where it has none; such a figure shows and does not argue.
    """

    label: str
    caption: list[Token]
    alt: str
    svg: str
    width: int
    height: int
    numbered: bool = True
    number: int = 0


@dataclass
class Table:
    """A table with its caption; `align` holds one of l, c, r for each column."""

    label: str
    caption: list[Token]
    align: str
    header: list[list[Token]]
    rows: list[list[list[Token]]]
    number: int = 0


@dataclass
class Code:
    """The source of a cell; `shown` is true for what the report itself must show."""

    source: str
    count: int | None
    shown: bool


@dataclass
class Log:
    """What a cell printed."""

    text: str


Block = Text | Figure | Table | Code | Log


@dataclass
class Document:
    """A report: front matter and the blocks that follow it."""

    front: Front
    blocks: list[Block]

    def texts(self) -> list[list[Token]]:
        """Every piece of Markdown in the order in which it is read."""
        texts = [markdown.parse(self.front.banner), markdown.parse(self.front.abstract)]
        for block in self.blocks:
            if isinstance(block, Text):
                texts.append(block.tokens)
            elif isinstance(block, Figure):
                texts.append(block.caption)
            elif isinstance(block, Table):
                rows = [block.header, *block.rows]
                texts += [block.caption, *(cell for row in rows for cell in row)]
        return texts

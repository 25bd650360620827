"""What the HTML and the PDF writer share: the walk over Markdown tokens."""

from lenet.report import markdown
from lenet.report.markdown import Token


class Writer:
    """Write tokens by the method named after their type; unknown types raise."""

    def __call__(self, tokens: list[Token]) -> str:
        """Write tokens one after the other."""
        return "".join(map(self.write, tokens))

    def write(self, token: Token) -> str:
        """Write one token."""
        method = getattr(self, f"write_{token['type']}", None)
        if method is None:
            raise ValueError(
                f"the Markdown element {token['type']!r} cannot be exported: "
                f"{markdown.plain([token])!r}"
            )
        return method(token)

    def children(self, token: Token) -> str:
        """Write what is inside a token."""
        return self(token["children"])

    def anchor(self, name: str) -> str:
        """Write a target for links."""
        raise NotImplementedError

    def write_blank_line(self, token: Token) -> str:
        """Write nothing: blank lines only separate."""
        return ""

    def write_block_text(self, token: Token) -> str:
        """Write the text of a tight list item."""
        return self.children(token)

    def write_inline_html(self, token: Token) -> str:
        """Write an anchor, the one HTML element that Markdown cells may use."""
        name = markdown.anchor(token["raw"])
        return self.anchor(name) if name else ""

    def write_block_html(self, token: Token) -> str:
        """Write an anchor that stands alone."""
        return self.write_inline_html(token)

    def write_image(self, token: Token) -> str:
        """Refuse pictures from files, which have no caption and no number."""
        raise ValueError(
            f"the picture {token['attrs']['url']!r} stands in Markdown: "
            "show it with lenet.report.figure, which asks for caption and alt text"
        )

"""TeX in Markdown, found where JupyterLab finds it: `$`, `$$` and `\\begin{...}`."""

from re import Match

import mistune
from mistune.core import BlockState, InlineState

DISPLAY = (
    r"(?s:(?<!\\)\$\$(?P<tex_dollars>.+?)(?<!\\)\$\$"
    r"|\\begin\{(?P<tex_name>[a-z]+\*?)\}(?P<tex_body>.*?)\\end\{(?P=tex_name)\})"
)
INLINE = r"(?s:(?<![$\\])\$(?P<tex_inline>[^$]+?)(?<![$\\])\$(?!\$))"


def parser() -> mistune.Markdown:
    """Make a parser into tokens that knows tables, struck text and mathematics."""
    return mistune.create_markdown(
        renderer=None, plugins=["strikethrough", "table", _mathematics]
    )


def _mathematics(md: mistune.Markdown) -> None:
    """Give formulas precedence over all that Markdown could see in them."""
    md.block.register("display_math", DISPLAY, _display_block, before="fenced_code")
    md.inline.register("display_math", DISPLAY, _display_inline, before="escape")
    md.inline.register("formula", INLINE, _formula, before="escape")


def _display_token(match: Match[str]) -> dict:
    dollars, name = match["tex_dollars"], match["tex_name"] or ""
    body = match["tex_body"] if dollars is None else dollars
    return {"type": "equation", "raw": body, "attrs": {"environment": name}}


def _display_block(block: object, match: Match[str], state: BlockState) -> int:
    state.append_token(_display_token(match))
    return match.end()


def _display_inline(inline: object, match: Match[str], state: InlineState) -> int:
    state.append_token(_display_token(match))
    return match.end()


def _formula(inline: object, match: Match[str], state: InlineState) -> int:
    state.append_token({"type": "formula", "raw": match["tex_inline"]})
    return match.end()

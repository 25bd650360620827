"""Formulas as Typst mathematics, from the corrected MathML tree."""

import re
import xml.etree.ElementTree as ET

from lenet.report.formula import LIMITS, parse

ACCENTS = {"^": "hat", "ˆ": "hat", "~": "tilde", "˜": "tilde", "¯": "macron"}
ACCENTS |= {"→": "arrow", "˙": "dot", "¨": "diaer", "‾": "overline", "―": "overline"}
BRACES = {"⏞": "overbrace", "⏟": "underbrace"}
INVISIBLE = set("\u2061\u2062\u2063\u2064")


def quote(text: str) -> str:
    """Write a Typst string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def formula(tex: str, display: bool = False) -> str:
    """Translate TeX to the inside of a Typst formula."""
    return _write(parse(tex, display))


def _join(parts: list[str]) -> str:
    """Join with spaces, except at strings, where Typst would show the space."""
    joined = ""
    for part in filter(None, parts):
        bare = not joined or joined.endswith('"') or part.startswith('"')
        joined += part if bare else " " + part
    return joined


def _row(elements: list[ET.Element]) -> str:
    return _join([_write(element) for element in elements])


def _symbols(text: str) -> str:
    """Escape what has a meaning in Typst mathematics; letters stand for themselves."""
    return "".join(
        "\\" + c if c.isascii() and not c.isalnum() and c != " " else c for c in text
    )


def _write(element: ET.Element) -> str:
    writer = WRITERS.get(element.tag)
    if writer is None:
        raise ValueError(f"the PDF exporter has no way to write <{element.tag}>")
    return writer(element)


def _write_row(element: ET.Element) -> str:
    inside = _row(list(element))
    first = element[0] if len(element) else None
    if first is not None and first.get("fence") and first.get("form") == "prefix":
        return f"lr({inside})"
    return inside


def _write_style(element: ET.Element) -> str:
    if element.get("scriptlevel") == "1":
        return f"script({_row(list(element))})"
    size = "display" if element.get("displaystyle") == "true" else "inline"
    return f"{size}({_row(list(element))})"


def _write_identifier(element: ET.Element) -> str:
    text = element.text or ""
    if len(text) < 2:
        return _symbols(text)
    limits = ", limits: #true" if text in LIMITS else ""
    return f"op({quote(text)}{limits})"


def _write_number(element: ET.Element) -> str:
    text = element.text or ""
    return text if re.fullmatch(r"\d+(\.\d+)?", text) else quote(text)


def _write_operator(element: ET.Element) -> str:
    text = element.text or ""
    if text in INVISIBLE:
        return ""
    if element.get("lspace") == "0":
        return f'class("normal", {_symbols(text)})'
    size = element.get("minsize", "").removesuffix("em")
    return f"lr(size: #{size}em, {_symbols(text)})" if size else _symbols(text)


def _write_fraction(element: ET.Element) -> str:
    over, under = map(_write, element)
    if element.get("linethickness") == "0":
        return f"mat(delim: #none, {over}; {under})"
    return f"frac({over}, {under})"


def _write_under(element: ET.Element) -> str:
    base, under = element
    if under.text in BRACES:
        return f"{BRACES[under.text]}({_write(base)})"
    if base.tag == "munder" and base[1].text in BRACES:
        return f"{BRACES[base[1].text]}({_write(base[0])}, {_write(under)})"
    return f"attach({_write(base)}, b: {_write(under)})"


def _write_over(element: ET.Element) -> str:
    base, over = element
    accent = (ACCENTS | BRACES).get(over.text or "")
    if accent:
        return f"{accent}({_write(base)})"
    return f"attach({_write(base)}, t: {_write(over)})"


def _attach(*places: str):
    def write(element: ET.Element) -> str:
        base, *scripts = map(_write, element)
        pairs = zip(places, scripts, strict=True)
        placed = ", ".join(f"{place}: {script}" for place, script in pairs)
        return f"attach({base}, {placed})"

    return write


def _write_table(element: ET.Element) -> str:
    rows = [[_row(list(cell)) for cell in row] for row in element]
    cells = [cell for row in element for cell in row]
    if any("right" in cell.get("style", "") for cell in cells):
        return " \\ ".join(" & ".join(row) for row in rows)
    left = any("left" in cell.get("style", "") for cell in cells)
    body = "; ".join(", ".join(cell or '""' for cell in row) for row in rows)
    return f"mat(delim: #none, align: #{'left' if left else 'center'}, {body})"


WRITERS = {
    "math": _write_row,
    "mrow": _write_row,
    "mtd": _write_row,
    "mstyle": _write_style,
    "mi": _write_identifier,
    "mn": _write_number,
    "mo": _write_operator,
    "mtext": lambda element: quote(element.text or ""),
    "mspace": lambda element: f"#h({element.get('width')})",
    "mfrac": _write_fraction,
    "msqrt": lambda element: f"sqrt({_row(list(element))})",
    "mroot": lambda element: f"root({_write(element[1])}, {_write(element[0])})",
    "msub": _attach("b"),
    "msup": _attach("t"),
    "msubsup": _attach("b", "t"),
    "munderover": _attach("b", "t"),
    "munder": _write_under,
    "mover": _write_over,
    "mtable": _write_table,
}

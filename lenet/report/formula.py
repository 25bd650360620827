"""TeX mathematics parsed once: printed as MathML here, walked to Typst elsewhere.

latex2mathml does the parsing. What it gets wrong for the commands a paper needs is put
right in the tree, and what it cannot read raises: the formula is right or the build
fails.
"""

import re
import unicodedata
import xml.etree.ElementTree as ET

from latex2mathml.converter import convert

ENVIRONMENTS = {"align*", "cases", "matrix", "pmatrix", "bmatrix", "vmatrix"}
LIMITS = {"max", "min", "sup", "inf", "lim", "argmax", "argmin"}
ARITY = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
ARITY |= {"msubsup": 3, "munderover": 3}
# A thin space separates the name of a function from its neighbours, but not from these.
CLOSE_TO_NAMES = set("()[]{}|,.∣‖⌊⌋⌈⌉")
SIGNS = set("+−±∓")
CLOSING = set(")]}|∣‖⌋⌉!")
LETTERS = set("∞∅∂∇′″…")
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"

REWRITES = [
    (re.compile(r"\\arg\s*\\(max|min)(?![a-zA-Z])"), r"\\operatorname{arg\1}"),
    (re.compile(r"\\operatorname\*?\{arg\\,\s*(max|min)\}"), r"\\operatorname{arg\1}"),
    (re.compile(r"\\operatorname\*"), r"\\operatorname"),
    (re.compile(r"\\(Pr|arg)(?![a-zA-Z])"), r"\\operatorname{\1}"),
    (re.compile(r"\\mathrm\s*\{([^{}\\]*)\}"), r"\\text{\1}"),
    (re.compile(r"\\(begin|end)\{(?:aligned|split)\}"), r"\\\1{align*}"),
    (re.compile(r"\\!"), ""),
]


def parse(tex: str, display: bool = False) -> ET.Element:
    """Read a formula into a tree of corrected MathML elements without namespaces.

    Raises:
        ValueError: if the formula holds anything that would be lost or shown as TeX.
    """
    for pattern, replacement in REWRITES:
        tex = pattern.sub(replacement, tex)
    _check_source(tex)
    try:
        root = ET.fromstring(
            convert(tex.strip() or "{}", display="block" if display else "inline")
        )
    except Exception as error:
        raise ValueError(f"cannot read the formula ${tex}$: {error!r}") from error
    for element in root.iter():
        element.tag = element.tag.removeprefix(NAMESPACE)
    for element in reversed(list(root.iter())):  # children before their parents
        _correct(element, display)
        _check_element(element, tex)
    return root


def mathml(tex: str, display: bool = False) -> str:
    """Print a formula as a `<math>` element."""
    root = parse(tex, display)
    root.attrib = {"display": "block"} if display else {}
    for element in list(root.iter()):
        _space_names(element)
    return ET.tostring(root, encoding="unicode")


def _check_source(tex: str) -> None:
    if re.search(r"\d,\d{3}(?!\d)", tex):
        raise ValueError(
            f"the formula ${tex}$ shows a gap after the comma: write 60{{,}}000 for a "
            "number or '100, 200' for a list"
        )
    bare = re.sub(r"\\.", "", tex)
    if bare.count("{") != bare.count("}"):
        raise ValueError(f"the braces of the formula ${tex}$ are not balanced")
    unknown = set(re.findall(r"\\begin\{([^}]*)\}", tex)) - ENVIRONMENTS
    if unknown:
        raise ValueError(
            f"environment {sorted(unknown)[0]!r} in the formula ${tex}$ is not known: "
            f"use one of aligned, split, {', '.join(sorted(ENVIRONMENTS))}"
        )


def _check_element(element: ET.Element, tex: str) -> None:
    text = element.text or ""
    if "\\" in text or (element.tag == "mi" and text == "&"):
        raise ValueError(
            f"{text!r} in the formula ${tex}$ is not known to the exporters: "
            "write it with commands they know, or as \\text{...}"
        )
    if len(element) != ARITY.get(element.tag, len(element)):
        raise ValueError(f"an argument is missing in the formula ${tex}$")


def _correct(element: ET.Element, display: bool) -> None:
    text = element.text or ""
    if element.tag == "mi" and len(text) == 1:
        _correct_symbol(element)
    if element.tag == "mo" and text.isalpha() and len(text) > 1:
        element.tag, element.attrib = "mi", {}
    sized = "fence" in element.attrib or "minsize" in element.attrib
    if element.tag == "mo" and text == "|" and not sized:
        element.attrib = {"lspace": "0", "rspace": "0", "stretchy": "false"}
    if element.tag == "mspace" and "width" not in element.attrib:
        raise ValueError("a line break \\\\ inside a formula needs an align or cases")
    if element.tag == "mtd" and "columnalign" in element.attrib:
        element.set("style", f"text-align:{element.attrib.pop('columnalign')}")
    if element.tag in ("mrow", "math", "mtd"):
        _correct_row(element)
    if display and element.tag == "msub" and element[0].text in LIMITS:
        element.tag = "munder"


def _correct_symbol(element: ET.Element) -> None:
    """Make single characters that are no letters operators, and bold letters bold."""
    text = element.text
    variant = element.attrib.pop("mathvariant", "")
    if variant.startswith("bold"):
        element.text = _bold(text)
    elif text == "%":
        element.tag = "mn"
    elif not (
        unicodedata.category(text).startswith("L") or text in LETTERS | {"\\", "&"}
    ):
        element.tag = "mo"


def _bold(letter: str) -> str:
    """Give the letter its code point among the mathematical bold (italic) letters."""
    name = unicodedata.name(letter).removeprefix("GREEK ").removeprefix("LATIN ")
    name = name.replace("LETTER ", "")
    return unicodedata.lookup(f"MATHEMATICAL BOLD {name}")


def _correct_row(row: ET.Element) -> None:
    """Join 10{,}000 to one number; drop empty operators; fence matrices."""
    _mark_signs(row)
    for empty in [e for e in row if e.tag == "mo" and not e.text and not len(e)]:
        row.remove(empty)
    for left, comma, right in zip(
        list(row), list(row)[1:], list(row)[2:], strict=False
    ):
        if left.tag == right.tag == "mn" and _is_comma(comma):
            right.text = f"{left.text},{right.text}"
            row.remove(left)
            row.remove(comma)
        if comma.tag == "mtable" and left.tag == right.tag == "mo":
            left.set("form", "prefix")
            left.set("fence", "true")
            right.set("fence", "true")


def _mark_signs(row: ET.Element) -> None:
    """Tell a sign from an operator: no operand stands before a sign."""
    before = None
    for element in row:
        operand = before is not None and (before.tag != "mo" or before.text in CLOSING)
        if element.tag == "mo" and element.text in SIGNS and not operand:
            element.set("form", "prefix")
        before = None if element.tag == "mspace" else element


def _is_comma(element: ET.Element) -> bool:
    return element.tag == "mrow" and len(element) == 1 and element[0].text == ","


def _space_names(row: ET.Element) -> None:
    """Put the thin space of TeX around the names of functions, as in a log x."""
    if row.tag not in ("math", "mrow", "mtd", "mstyle"):
        return
    for left, right in zip(list(row), list(row)[1:], strict=False):
        after = _is_name(left) and not _touches(right)
        before = (
            _is_name(right) and left.tag not in ("mo", "mspace") and not _blank(left)
        )
        if after or before:
            space = ET.Element("mspace", width="0.167em")
            row.insert(list(row).index(right), space)


def _is_name(element: ET.Element) -> bool:
    scripts = ("msub", "msup", "msubsup", "munder")
    core = element[0] if element.tag in scripts else element
    return core.tag == "mi" and len(core.text or "") > 1


def _touches(element: ET.Element) -> bool:
    first = element[0] if element.tag == "mrow" and len(element) else element
    return first.tag == "mo" and (first.text or "") in CLOSE_TO_NAMES


def _blank(element: ET.Element) -> bool:
    return not len(element) and not element.text

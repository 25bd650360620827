"""The rooms of the package import one way, as its docstring lists them."""

import ast
import re
from pathlib import Path

import lenet

FOLDER = Path(lenet.__file__).parent
ROOMS = re.findall(r"``(\w+)``", lenet.__doc__)


def files_of(room):
    return [FOLDER / f"{room}.py", *(FOLDER / room).rglob("*.py")]


def imported_by(path):
    """Name the rooms that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, *room = node.module.split(".")
            if package == "lenet":
                yield from room[:1] or [alias.name for alias in node.names]


def test_every_room_is_listed():
    there = {path.stem for path in FOLDER.glob("[a-z]*.py")}
    there |= {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    assert sorted(ROOMS) == sorted(there)


def test_each_room_imports_from_those_before_it_alone():
    for number, room in enumerate(ROOMS):
        for path in filter(Path.exists, files_of(room)):
            later = set(imported_by(path)) & set(ROOMS[number + 1 :])
            assert not later, f"{path.name} imports from {later}"

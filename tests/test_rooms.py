import ast
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import lenet

FOLDER = Path(lenet.__file__).parent
ROOMS = re.findall(r"``(\w+)``", lenet.__doc__)  # each imports from those before it


def imported_by(path):
    """Name the rooms that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, *room = node.module.split(".")
            if package == "lenet":
                yield from room[:1] or [alias.name for alias in node.names]


def test_the_rooms_are_listed_in_the_order_in_which_they_import():
    files = {
        room: {*FOLDER.glob(f"{room}.py"), *(FOLDER / room).rglob("*.py")}
        for room in ROOMS
    }
    modules = set(FOLDER.rglob("*.py")) - set(FOLDER.glob("__*__.py"))
    assert modules == set().union(*files.values())
    for number, room in enumerate(ROOMS):
        for path in files[room]:
            later = set(imported_by(path)) & set(ROOMS[number + 1 :])
            assert not later, f"{path.name} imports from {later}"


def _loaded() -> set[str]:
    return set(sys.modules)


def test_importing_the_package_loads_nothing_slow(processes):
    with ProcessPoolExecutor(1, mp_context=processes) as executor:
        loaded = executor.submit(_loaded).result()
    assert "lenet.train" in loaded
    assert not loaded & {"torchvision", "sklearn", "matplotlib", "lenet.report"}
    assert all(hasattr(lenet, name) for name in lenet.__all__)

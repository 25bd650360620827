"""Write files atomically; read back the JSON that this project writes."""

import json
import os
from pathlib import Path
from uuid import uuid4


def write_atomically(path: Path | str, content: bytes) -> None:
    """Write a file under a temporary name beside its place, then rename it.

    A reader finds the old content or the new, never a part; a full disk or a killed
    process leaves the old file as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path | str, command: str) -> dict:
    """Read a JSON file that a command of this project writes.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"no file {path}: `{command}` writes it")
    try:
        return json.loads(Path(path).read_bytes())
    except ValueError as error:
        message = f"{path} is damaged ({error}): `{command}` writes it again"
        raise ValueError(message) from error

"""Files that are either whole or not there."""

import json
import os
from pathlib import Path
from uuid import uuid4


def write_whole(path: Path | str, content: bytes) -> None:
    """Write a file under a temporary name beside its place, then rename it.

    A reader finds the old content or the new, never a part; a full disk or a killed
    process leaves the old file as it was.

    Raises:
        OSError: if the folder cannot be written or the disk is full.
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
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: Path | str, remedy: str) -> dict:
    """Read a JSON file that this project writes.

    Args:
        path: the file.
        remedy: the command that writes it, for the messages.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"no file {path}: `{remedy}` writes it")
    try:
        return json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged ({error}): `{remedy}` writes it again"
        ) from error

"""Files that are either whole or not there."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path | str, content: bytes) -> None:
    """Write a file under a temporary name beside its place, then rename it.

    A reader finds the old content or the new, never a part; a full disk or a killed
    process leaves the old file as it was.

    Raises:
        OSError: if the folder cannot be written or the disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

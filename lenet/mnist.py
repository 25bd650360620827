"""The four MNIST files: find them, fetch them, and believe only what is checked.

The places, in order: the folder named by ``MNIST_DIR``, the local cache, and the
mirrors that torchvision lists. Whatever the place, the decoded content must have the
SHA-256 given here, so that a damaged, swapped or renamed file can never become a run.
"""

import gzip
import hashlib
import os
import urllib.request
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import numpy as np

from lenet.files import write_whole

DOWNLOAD_TIMEOUT = 20  # seconds without a byte before the next mirror is tried


class MnistMissingError(FileNotFoundError):
    """MNIST is in none of the places searched."""


class MnistDamagedError(ValueError):
    """A file is there, but it does not hold what its name says."""


@dataclass(frozen=True)
class IdxFile:
    """One of the four files: its public name, its decoded shape and checksum."""

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header_bytes(self) -> int:
        """Length of the IDX header: a magic number and one length per dimension."""
        return 4 + 4 * len(self.shape)

    @property
    def num_bytes(self) -> int:
        """Length of the decoded file."""
        return self.header_bytes + int(np.prod(self.shape))


FILES = {
    ("train", "images"): IdxFile(
        "train-images-idx3-ubyte",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    ("train", "labels"): IdxFile(
        "train-labels-idx1-ubyte",
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    ("test", "images"): IdxFile(
        "t10k-images-idx3-ubyte",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    ("test", "labels"): IdxFile(
        "t10k-labels-idx1-ubyte",
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


def load_split(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Load one split, from the first place that has it.

    Args:
        split: ``"train"`` or ``"test"``.

    Returns:
        ``(N, 28, 28)`` and ``(N,)`` uint8 arrays: images (0 background, 255 ink) and
        labels.

    Raises:
        MnistMissingError: if no place has the files and no mirror answers.
        MnistDamagedError: if a file is truncated, corrupt, swapped or mislabelled.
    """
    images, labels = (FILES[split, kind] for kind in ("images", "labels"))
    return _decode(images, read_file(images)), _decode(labels, read_file(labels))


def cache_dir() -> Path:
    """Return the folder where downloaded files are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "lenet" / "mnist"


def read_file(file: IdxFile) -> bytes:
    """Return the decoded and checked content of a file.

    Raises:
        MnistMissingError, MnistDamagedError: as :func:`load_split`.
    """
    if folder := os.environ.get("MNIST_DIR"):
        path = _path_in(Path(folder), file)
        if path is None:
            raise MnistMissingError(
                f"MNIST_DIR is {folder}, which has no {file.name} or {file.name}.gz: "
                "put the four MNIST files there, or unset MNIST_DIR to use the cache "
                "or a download"
            )
        return _read(path, file)
    if path := _path_in(cache_dir(), file):
        return _read(path, file)
    return _download(file)


def _path_in(folder: Path, file: IdxFile) -> Path | None:
    dotted = file.name.replace("-idx", ".idx")  # the other name in circulation
    for stem in (file.name, dotted):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    return None


def _read(path: Path, file: IdxFile) -> bytes:
    return _checked(path.read_bytes(), file, source=str(path))


def _checked(content: bytes, file: IdxFile, source: str) -> bytes:
    """Return the decoded content if it is the very file wanted; else say what it is."""
    remedy = "replace it with a fresh copy (or delete it, to have it downloaded)"
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise MnistDamagedError(
                f"{source}: truncated or corrupt gzip file ({len(content):,} bytes; "
                f"{error}): {remedy}"
            ) from error
    found = hashlib.sha256(content).hexdigest()
    if found == file.sha256:
        return content
    for other in FILES.values():
        if found == other.sha256:
            raise MnistDamagedError(
                f"{source}: this is {other.name} under another name, wanted "
                f"{file.name}: give the files their own names back"
            )
    raise MnistDamagedError(
        f"{source}: not MNIST's {file.name}: {len(content):,} bytes with SHA-256 "
        f"{found[:12]}…, wanted {file.num_bytes:,} bytes with {file.sha256[:12]}…: "
        f"{remedy}"
    )


def _decode(file: IdxFile, content: bytes) -> np.ndarray:
    values = np.frombuffer(content, np.uint8, offset=file.header_bytes)
    return values.reshape(file.shape)


def _download(file: IdxFile) -> bytes:
    """Try every mirror; keep in the cache only what has been checked."""
    failures = []
    for mirror in _mirrors():
        url = f"{mirror}{file.name}.gz"
        try:
            print(f"downloading {file.name}.gz")
            with urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT) as answer:
                packed = answer.read()
            content = _checked(packed, file, source=url)
        except (OSError, HTTPException, MnistDamagedError) as error:
            failures.append(f"  {url}: {error}")
            continue
        try:
            write_whole(cache_dir() / f"{file.name}.gz", packed)
        except OSError as error:
            print(f"{file.name} is used but could not be kept: {error}")
        return content
    raise MnistMissingError(
        f"no mirror gave {file.name}:\n" + "\n".join(failures) + "\n"
        "set MNIST_DIR to a folder with the four MNIST files, or try again later"
    )


def _mirrors() -> list[str]:
    from lenet.vision import torchvision  # a second to import: only when needed

    return list(torchvision.datasets.MNIST.mirrors)

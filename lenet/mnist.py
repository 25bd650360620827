"""Find, fetch and verify the four MNIST files.

Places, in order: the folder that ``MNIST_DIR`` names, or else the local cache and the
mirrors that torchvision lists. A folder may hold the files themselves, each in a folder
of its own name, or in torchvision's ``MNIST/raw``. The decoded content must have the
SHA-256 given here.
"""

import gzip
import os
import urllib.request
import zlib
from hashlib import sha256
from http.client import HTTPException
from itertools import product
from pathlib import Path

import numpy as np

from lenet.files import write_atomically

SHA256 = {  # of the decoded files
    "train-images-idx3-ubyte": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    "train-labels-idx1-ubyte": (
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    "t10k-images-idx3-ubyte": (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    "t10k-labels-idx1-ubyte": (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}
OTHER_FORMS = (".npz", ".csv", ".parquet", ".pkl.gz", ".mat")  # of MNIST, not read
DOWNLOAD_TIMEOUT = 20  # seconds without a byte before the next mirror is tried


def load_split(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Load the "train" or the "test" split from the first place that has it.

    Returns:
        ``(N, 28, 28)`` uint8 images, 0 background, 255 ink; ``(N,)`` uint8 labels.

    Raises:
        FileNotFoundError: if no place has the files and no mirror answers.
        ValueError: if a file is truncated, corrupt, swapped or mislabelled.
    """
    prefix = {"train": "train", "test": "t10k"}[split]
    images, labels = (read_file(name) for name in SHA256 if name.startswith(prefix))
    images = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return images, np.frombuffer(labels, np.uint8, offset=8)  # after their headers


def read_file(name: str) -> bytes:
    """Return the decoded and verified content of a file; errors as `load_split`."""
    given = os.environ.get("MNIST_DIR")
    folder = Path(os.path.expanduser(given)) if given else cache_dir()
    if path := _find(folder, name):
        return _verified(path.read_bytes(), name, path)
    if given:
        raise FileNotFoundError(
            f"MNIST_DIR is {folder}, which has no {name} or {name}.gz{_others(folder)}"
            ": put the four MNIST files there, or unset MNIST_DIR to use the cache or "
            "a download"
        )
    return _download(name)


def cache_dir() -> Path:
    """Return the folder where downloaded files are kept.

    Raises:
        FileNotFoundError: if the user has no home folder to keep them in.
    """
    base = os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    if base.startswith("~"):
        raise FileNotFoundError(
            "no home folder is known to keep MNIST in: set MNIST_DIR to a folder with "
            "the four files, or XDG_CACHE_HOME to one for downloads, or HOME"
        )
    return Path(base, "lenet", "mnist")


def _find(folder: Path, name: str) -> Path | None:
    stems = (name, name.replace("-idx", ".idx"))  # the other name in circulation
    places = product(("", *stems, "raw", "MNIST/raw"), stems, ("", ".gz"))
    paths = (folder / below / f"{stem}{ending}" for below, stem, ending in places)
    return next(filter(Path.is_file, paths), None)


def _others(folder: Path) -> str:
    """Say which files hold MNIST in a form that is not read, if any."""
    files = folder, *folder.glob("*"), *folder.glob("*/*")
    names = [each.name for each in files if each.name.endswith(OTHER_FORMS)]
    return f" but holds {', '.join(names[:4])}, which are not read" if names else ""


def _verified(content: bytes, name: str, source: Path | str) -> bytes:
    """Return the decoded content if it is the file wanted; else say what it is."""
    remedy = "replace it with a fresh copy (or delete it, to have it downloaded)"
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            message = f"{source}: truncated or corrupt gzip file ({error}): {remedy}"
            raise ValueError(message) from error
    digest = sha256(content).hexdigest()
    if digest == SHA256[name]:
        return content
    found = f"{len(content):,} bytes with SHA-256 {digest[:12]}…"
    found = next((each for each in SHA256 if SHA256[each] == digest), found)
    wanted = f"{name} with SHA-256 {SHA256[name][:12]}…"
    raise ValueError(f"{source} holds {found}, wanted {wanted}: {remedy}")


def _download(name: str) -> bytes:
    """Try every mirror; keep in the cache only what has been verified."""
    failures = []
    for mirror in _mirrors():
        url = f"{mirror}{name}.gz"
        print(f"downloading {name}.gz")
        try:
            with urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT) as answer:
                packed = answer.read()
            content = _verified(packed, name, url)
        except (OSError, HTTPException, ValueError) as error:
            failures.append(f"  {url}: {error}")
            continue
        try:
            write_atomically(cache_dir() / f"{name}.gz", packed)
        except OSError as error:
            print(f"{name} is used but could not be kept: {error}")
        return content
    remedy = "set MNIST_DIR to a folder with the four MNIST files, or try again later"
    raise FileNotFoundError("\n".join([f"no mirror gave {name}:", *failures, remedy]))


def _mirrors() -> list[str]:
    from lenet.vision import torchvision  # a second to import: only when needed

    return list(torchvision.datasets.MNIST.mirrors)

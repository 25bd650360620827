"""What several test modules share: data, histories, processes, and no network."""

import gzip
import multiprocessing
import os
import socket
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from lenet import Scores, load_dataset
from lenet import mnist as mnist_files
from lenet.checkpoint import load_weights
from lenet.record import NAME
from lenet.train import EpochRecord

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Let no test reach further than this machine."""
    resolve = socket.getaddrinfo

    def resolve_local(host, *args, **kwargs):
        if host not in (None, "localhost", "127.0.0.1", "::1", "0.0.0.0"):
            raise OSError(f"a test asked the network for {host}")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_local)


@pytest.fixture(scope="session")
def sample():
    return load_dataset("sample")


@pytest.fixture(scope="session")
def mnist():
    """MNIST from MNIST_DIR or the cache; never downloaded."""
    folder = Path(os.environ.get("MNIST_DIR") or mnist_files.cache_dir())
    wanted = mnist_files.FILES.values()
    if not all(mnist_files._path_in(folder, file) for file in wanted):
        pytest.skip(f"no MNIST in {folder}: set MNIST_DIR to a folder that has it")
    return load_dataset("mnist")


@pytest.fixture(scope="session")
def published_model(mnist):
    path = ROOT / "reports" / f"{NAME}.safetensors"
    if not path.exists():
        pytest.skip(f"no published weights at {path}: `make report` trains them")
    return load_weights(path)


@pytest.fixture(scope="session")
def processes():
    """Start functions in other interpreters, which import torch only once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lenet", "pytest", "torch._dynamo"])
    return context


@pytest.fixture(scope="session")
def make_history():
    """Build a history from its losses, and from the correct digits at its end."""

    def make(train_losses, val_losses, num_correct=59_838):
        pairs = zip(train_losses, val_losses, strict=True)
        return [
            EpochRecord(
                epoch,
                2 * train,
                Scores(train, num_correct, 60_000),
                Scores(val, 9_889, 10_000),
            )
            for epoch, (train, val) in enumerate(pairs, start=1)
        ]

    return make


class TinyMnist:
    """Four files in MNIST's own format, with 20 and 10 random digits in them."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.arrays, self.files, self.contents = {}, {}, {}
        for (split, kind), real in mnist_files.FILES.items():
            shape = (20 if split == "train" else 10, *real.shape[1:])
            array = rng.integers(256 if kind == "images" else 10, size=shape)
            header = [8 << 8 | len(shape), *shape]
            content = np.array(header, ">i4").tobytes() + array.astype("u1").tobytes()
            digest = sha256(content).hexdigest()
            self.arrays[split, kind] = array
            self.files[split, kind] = mnist_files.IdxFile(real.name, shape, digest)
            self.contents[real.name] = content

    def write(self, folder: Path, *, packed: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
        return folder


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Put a tiny MNIST in the real one's place; the cache and mirrors are empty."""
    tiny = TinyMnist()
    monkeypatch.setattr(mnist_files, "FILES", tiny.files)
    monkeypatch.setattr(mnist_files, "_mirrors", lambda: [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.delenv("DATASET", raising=False)
    return tiny

"""What several test modules share: data, histories, processes, and no network."""

import gzip
import multiprocessing
import socket
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from lenet import Scores, load_dataset, load_weights
from lenet import mnist as mnist_files
from lenet.train import EpochRecord


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mnist_files, "_mirrors", lambda: [])
        try:
            dataset = load_dataset("mnist")
            dataset.read_test()
        except FileNotFoundError as error:
            pytest.skip(str(error))
    return dataset


@pytest.fixture(scope="session")
def published_model():
    return load_weights()


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
        history = []
        for train, val in zip(train_losses, val_losses, strict=True):
            scores = Scores(train, num_correct, 60_000), Scores(val, 9_889, 10_000)
            history.append(EpochRecord(len(history) + 1, 2 * train, *scores))
        return history

    return make


class TinyMnist:
    """Four files in MNIST's own format, with 20 and 10 random digits in them."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.arrays, self.contents = {}, {}
        for name in mnist_files.SHA256:
            shape = (20 if "train" in name else 10,) + (28, 28) * ("images" in name)
            array = rng.integers(256 if "images" in name else 10, size=shape)
            header = np.array([8 << 8 | len(shape), *shape], ">i4")
            self.arrays[name] = array
            self.contents[name] = header.tobytes() + array.astype("u1").tobytes()
        self.digests = {n: sha256(c).hexdigest() for n, c in self.contents.items()}

    def write(self, folder: Path, *, packed: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            packed_content = gzip.compress(content) if packed else content
            (folder / f"{name}{'.gz' * packed}").write_bytes(packed_content)
        return folder


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Put a tiny MNIST in the real one's place; the cache and mirrors are empty."""
    tiny = TinyMnist()
    monkeypatch.setattr(mnist_files, "SHA256", tiny.digests)
    monkeypatch.setattr(mnist_files, "_mirrors", lambda: [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.delenv("DATASET", raising=False)
    return tiny

import gzip
import pwd
import subprocess
import threading
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer

import numpy as np
import pytest

from lenet import load_dataset, mnist
from lenet.mnist import load_split

ROOT = Path(__file__).parent.parent
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = mnist.SHA256


@pytest.fixture
def folder(tiny, tmp_path, monkeypatch):
    """A folder with the four tiny files, to which MNIST_DIR points."""
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "m"))
    return tiny.write(tmp_path / "m")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("stem", ["-idx", ".idx"])  # both names are in circulation
def test_files_are_read_packed_or_not_under_both_names(
    tiny, tmp_path, monkeypatch, packed, stem
):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "m"))
    for path in list(tiny.write(tmp_path / "m", packed=packed).iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", stem)))
    found = (*load_split("train"), *load_split("test"))
    for array, name in zip(found, mnist.SHA256, strict=True):
        assert np.array_equal(array, tiny.arrays[name])


@pytest.mark.parametrize("stem", ["-idx", ".idx"])
def test_each_file_may_lie_in_a_folder_of_its_own_name(
    tiny, tmp_path, monkeypatch, stem
):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "m"))
    for path in tiny.write(tmp_path / "all", packed=False).iterdir():
        name = path.name.replace("-idx", stem)
        (tmp_path / "m" / name).mkdir(parents=True)
        path.rename(tmp_path / "m" / name / name)
    assert np.array_equal(load_split("train")[1], tiny.arrays[TRAIN_LABELS])


@pytest.mark.parametrize("below", ["MNIST/raw", "raw"])
def test_torchvisions_root_is_read_as_it_is_and_verified(
    tiny, tmp_path, monkeypatch, below
):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "root"))
    tiny.write(tmp_path / "root" / "FashionMNIST" / "raw")
    with pytest.raises(FileNotFoundError, match=f"has no {TRAIN_IMAGES}"):
        load_split("train")
    raw = tiny.write(tmp_path / "root" / below, packed=False)
    assert np.array_equal(load_split("test")[1], tiny.arrays[TEST_LABELS])
    (raw / TEST_LABELS).write_bytes(b"damaged")
    with pytest.raises(ValueError, match="holds 7 bytes"):
        load_split("test")


def test_a_tilde_stands_for_the_home_folder_here_and_in_make(
    tiny, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MNIST_DIR", "~/m")
    tiny.write(tmp_path / "m")
    assert len(load_split("train")[1]) == 20
    makefile = "include Makefile\nshow: ; @printenv MNIST_DIR\n"
    for given, wanted in {"~/m n": tmp_path / "m n", "m": ROOT / "m"}.items():
        command = [
            "make",
            "--no-print-directory",
            "--file=-",
            "show",
            f"MNIST_DIR={given}",
        ]
        how = {"input": makefile, "capture_output": True, "text": True, "cwd": ROOT}
        assert subprocess.run(command, **how).stdout == f"{wanted}\n"


def test_a_user_without_a_home_is_told_what_to_set(tiny, monkeypatch, capsys):
    def nobody(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME")
    with pytest.raises(FileNotFoundError, match=r"no home folder.*set MNIST_DIR"):
        load_dataset("mnist")
    assert load_dataset().is_sample
    assert "no home folder" in capsys.readouterr().out


@pytest.mark.parametrize(
    "other", ["mnist.npz", "mnist_train.csv", "mnist/train-00000-of-00001.parquet"]
)
def test_other_forms_of_mnist_are_named_and_the_four_files_asked_for(
    tiny, tmp_path, monkeypatch, other
):
    path = tmp_path / "m" / other
    path.parent.mkdir(parents=True)
    path.touch()
    for given in (tmp_path / "m", path):
        monkeypatch.setenv("MNIST_DIR", str(given))
        message = f"has no {TRAIN_IMAGES}.*holds {path.name}, which .*put the four"
        with pytest.raises(FileNotFoundError, match=message):
            load_split("train")


# Damaged, swapped and missing files


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda content: gzip.compress(content)[:-9], "truncated or corrupt gzip"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "28 bytes with SHA"),
        (lambda content: b"<title>Sign in to this network</title>", "38 bytes"),
    ],
)
@pytest.mark.parametrize("place", ["MNIST_DIR", "cache"])
def test_a_damaged_file_stops_the_run_though_other_places_have_good_ones(
    tiny, folder, tmp_path, monkeypatch, damage, found, place
):
    good, cache = tiny.write(tmp_path / "good"), tiny.write(mnist.cache_dir())
    monkeypatch.setattr(mnist, "_mirrors", lambda: [f"{good.as_uri()}/"])
    if place == "cache":
        monkeypatch.delenv("MNIST_DIR")
    path = (folder if place == "MNIST_DIR" else cache) / f"{TRAIN_LABELS}.gz"
    path.write_bytes(damage(tiny.contents[TRAIN_LABELS]))
    with pytest.raises(ValueError, match=f"{path}.*{found}.*replace it"):
        load_split("train")


@pytest.mark.parametrize("other", [TRAIN_LABELS, TEST_IMAGES])
def test_a_file_under_another_files_name_is_recognised(tiny, folder, other):
    (folder / TRAIN_IMAGES).write_bytes(tiny.contents[other])
    with pytest.raises(ValueError, match=f"holds {other}, wanted {TRAIN_IMAGES}"):
        load_split("train")


def test_mnist_dir_goes_before_the_cache_and_the_cache_before_the_mirrors(
    tiny, folder, monkeypatch
):
    monkeypatch.delattr(mnist, "_mirrors")  # to ask for them is an error
    cached = tiny.write(mnist.cache_dir()) / f"{TRAIN_LABELS}.gz"
    good = cached.read_bytes()
    cached.write_bytes(b"damaged")
    assert len(load_split("train")[1]) == 20
    cached.write_bytes(good)
    (folder / cached.name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{TRAIN_LABELS}.*unset MNIST_DIR"):
        load_split("train")
    monkeypatch.delenv("MNIST_DIR")
    assert len(load_split("train")[1]) == 20


# Downloads, from servers on this machine


@pytest.fixture
def serve(monkeypatch):
    """Start a mirror that gives every request the same answer; return its address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(mnist, "DOWNLOAD_TIMEOUT", 0.2)
    over, servers = threading.Event(), []

    def start(answer):
        class Handler(StreamRequestHandler):
            def handle(self):
                self.request.recv(10_000)
                self.wfile.write(answer) if answer else over.wait(10)

        servers.append(TCPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,)).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}/"

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


BAD_ANSWERS = {
    "shorter than announced": b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
    "another file": b"HTTP/1.0 200 OK\r\n\r\n<html>This domain is for sale</html>",
    "unavailable": b"HTTP/1.0 503 Busy\r\n\r\n",
    "nonsense": b"220 mail.example.org ESMTP\r\n",
    "none in time": b"",
}


@pytest.mark.parametrize("bad", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_leaves_no_file_and_the_next_mirror_makes_up_for_it(
    tiny, serve, tmp_path, monkeypatch, bad
):
    mirrors = ["http://127.0.0.1:1/", serve(bad)]  # none listens at 1
    monkeypatch.setattr(mnist, "_mirrors", lambda: mirrors)
    with pytest.raises(FileNotFoundError, match="set MNIST_DIR") as error:
        load_split("train")
    assert all(mirror in str(error.value) for mirror in mirrors), "names each mirror"
    assert not list(mnist.cache_dir().glob("*"))

    mirrors.append(tiny.write(tmp_path / "good").as_uri() + "/")
    assert np.array_equal(load_split("train")[1], tiny.arrays[TRAIN_LABELS])
    mirrors.clear()
    assert np.array_equal(load_split("train")[0], tiny.arrays[TRAIN_IMAGES])

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


@pytest.mark.parametrize("stem", ["-idx", ".idx"])  # both names are in circulation
@pytest.mark.parametrize(
    "place", ["{0}.gz", "{0}", "{0}/{0}", "raw/{0}", "MNIST/raw/{0}.gz"]
)
def test_files_are_read_packed_or_not_from_every_usual_place(
    tiny, tmp_path, monkeypatch, place, stem
):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    for name, content in tiny.contents.items():
        path = tmp_path / place.format(name.replace("-idx", stem))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    found = (*load_split("train"), *load_split("test"))
    for array, name in zip(found, mnist.SHA256, strict=True):
        assert np.array_equal(array, tiny.arrays[name])


def test_a_tilde_stands_for_the_home_folder_here_and_in_make(
    tiny, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MNIST_DIR", "~/m")
    tiny.write(tmp_path / "m")
    assert len(load_split("train")[1]) == 20
    makefile = "include Makefile\nshow: ; @printenv MNIST_DIR\n"
    for given, wanted in {"~/m n": tmp_path / "m n", "m": ROOT / "m"}.items():
        command = ["make", "--silent", "--file=-", "show", f"MNIST_DIR={given}"]
        printed = subprocess.check_output(command, input=makefile.encode(), cwd=ROOT)
        assert printed.decode() == f"{wanted}\n"


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


DAMAGES = {  # what is said, and a file's content made from its own and another's
    "truncated or corrupt gzip": lambda own, other: gzip.compress(own)[:-9],
    "holds 28 bytes with SHA": lambda own, other: own[:-1] + bytes([own[-1] ^ 1]),
    "holds 38 bytes": lambda own, other: b"<title>Sign in to this network</title>",
    f"holds {TEST_LABELS}, wanted {TRAIN_LABELS}": lambda own, other: other,
}


@pytest.mark.parametrize("message", DAMAGES)
@pytest.mark.parametrize("place", ["MNIST_DIR", "cache"])
def test_a_damaged_file_stops_the_run_though_other_places_have_good_ones(
    tiny, folder, tmp_path, monkeypatch, message, place
):
    good, cache = tiny.write(tmp_path / "good"), tiny.write(mnist.cache_dir())
    monkeypatch.setattr(mnist, "_mirrors", lambda: [f"{good.as_uri()}/"])
    if place == "cache":
        monkeypatch.delenv("MNIST_DIR")
    path = (folder if place == "MNIST_DIR" else cache) / f"{TRAIN_LABELS}.gz"
    contents = tiny.contents[TRAIN_LABELS], tiny.contents[TEST_LABELS]
    path.write_bytes(DAMAGES[message](*contents))
    with pytest.raises(ValueError, match=f"{path}.*{message}.*replace it"):
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
    tiny.write(folder / "FashionMNIST" / "raw")  # has files of the same names
    with pytest.raises(FileNotFoundError, match=f"{TRAIN_LABELS}.*unset MNIST_DIR"):
        load_split("train")
    monkeypatch.delenv("MNIST_DIR")
    assert len(load_split("train")[1]) == 20


# Downloads, from servers on this machine


BAD_ANSWERS = {  # and what is said of each
    b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf": "4 bytes read, 5 more",
    b"HTTP/1.0 200 OK\r\n\r\n<html>This domain is for sale</html>": "holds 36 bytes",
    b"HTTP/1.0 503 Busy\r\n\r\n": "503: Busy",
    b"220 mail.example.org ESMTP\r\n": "220 mail",
    b"": "timed out",
}


@pytest.fixture(params=BAD_ANSWERS)
def answer(request):
    return request.param


@pytest.fixture
def bad_mirror(answer, monkeypatch):
    """The address of a server that gives every request the same answer."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(mnist, "DOWNLOAD_TIMEOUT", 0.2)
    over = threading.Event()

    class Handler(StreamRequestHandler):
        def handle(self):
            self.request.recv(10_000)
            self.wfile.write(answer) if answer else over.wait(10)

    with TCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        over.set()
        server.shutdown()


def test_a_bad_answer_leaves_no_file_and_the_next_mirror_makes_up_for_it(
    tiny, answer, bad_mirror, tmp_path, monkeypatch
):
    mirrors = ["http://127.0.0.1:1/", bad_mirror]  # none listens at 1
    monkeypatch.setattr(mnist, "_mirrors", lambda: mirrors)
    with pytest.raises(FileNotFoundError, match="set MNIST_DIR") as error:
        load_split("train")
    said = str(error.value)
    assert all(part in said for part in (*mirrors, BAD_ANSWERS[answer]))
    assert not list(mnist.cache_dir().glob("*"))

    mirrors.append(tiny.write(tmp_path / "good").as_uri() + "/")
    assert np.array_equal(load_split("train")[1], tiny.arrays[TRAIN_LABELS])
    mirrors.clear()
    assert np.array_equal(load_split("train")[0], tiny.arrays[TRAIN_IMAGES])


def test_a_download_that_cannot_be_kept_is_used(tiny, tmp_path, monkeypatch, capsys):
    good = tiny.write(tmp_path / "good").as_uri()
    monkeypatch.setattr(mnist, "_mirrors", lambda: [f"{good}/"])
    (tmp_path / "file").touch()
    monkeypatch.setattr(mnist, "cache_dir", lambda: tmp_path / "file" / "mnist")
    assert np.array_equal(load_split("train")[1], tiny.arrays[TRAIN_LABELS])
    assert "is used but could not be kept" in capsys.readouterr().out

import gzip
import threading
import time
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from lenet import mnist
from lenet.mnist import MnistDamagedError, MnistMissingError, load_split

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


# What is in the files


@pytest.mark.usefixtures("mnist")
@pytest.mark.parametrize(
    ("split", "counts"), [("train", TRAIN_COUNTS), ("test", TEST_COUNTS)]
)
def test_mnist_has_the_published_label_counts(split, counts):
    images, labels = load_split(split)
    assert np.bincount(labels).tolist() == counts
    assert images.shape == (sum(counts), 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("split", ["train", "test"])
def test_raw_and_packed_files_hold_the_same(tiny, tmp_path, monkeypatch, packed, split):
    monkeypatch.setenv("MNIST_DIR", str(tiny.write(tmp_path / "m", packed=packed)))
    images, labels = load_split(split)
    assert np.array_equal(images, tiny.arrays[split, "images"])
    assert np.array_equal(labels, tiny.arrays[split, "labels"])


def test_the_dotted_file_names_in_circulation_are_found(tiny, tmp_path, monkeypatch):
    for path in tiny.write(tmp_path / "m").iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "m"))
    assert len(load_split("train")[1]) == 20


# Damaged files


def _cut(content):
    return content[: len(content) // 2]


def _cut_packed(content):
    return _cut(gzip.compress(content))


def _flip_byte(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _flip_byte_packed(content):
    return _flip_byte(gzip.compress(content))


def _html(content):
    return b"<!DOCTYPE html><title>Sign in to this wireless network</title>"


def _empty(content):
    return b""


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (_cut, "bytes"),
        (_cut_packed, "truncated or corrupt gzip"),
        (_flip_byte, "SHA-256"),
        (_flip_byte_packed, "corrupt gzip|SHA-256"),
        (_html, "62 bytes"),
        (_empty, "0 bytes"),
    ],
)
@pytest.mark.parametrize("place", ["MNIST_DIR", "cache"])
def test_a_damaged_file_stops_the_run(
    tiny, tmp_path, monkeypatch, damage, found, place
):
    """It is not passed over for another place, which has a good copy here."""
    good = tiny.write(tmp_path / "good")
    monkeypatch.setattr(mnist, "_mirrors", lambda: [f"{good.as_uri()}/"])
    tiny.write(mnist.cache_dir())
    folder = mnist.cache_dir()
    if place == "MNIST_DIR":
        folder = tiny.write(tmp_path / "m")
        monkeypatch.setenv("MNIST_DIR", str(folder))
    path = folder / f"{TRAIN_LABELS}.gz"
    path.write_bytes(damage(tiny.contents[TRAIN_LABELS]))
    with pytest.raises(MnistDamagedError, match=found) as error:
        load_split("train")
    assert str(path) in str(error.value), "names the file"
    assert "replace it" in str(error.value), "says what to do"


@pytest.mark.parametrize("other", [TRAIN_LABELS, TEST_IMAGES])
def test_a_file_under_another_files_name_is_recognised(
    tiny, tmp_path, monkeypatch, other
):
    folder = tiny.write(tmp_path / "m", packed=False)
    monkeypatch.setenv("MNIST_DIR", str(folder))
    (folder / TRAIN_IMAGES).write_bytes(tiny.contents[other])
    with pytest.raises(
        MnistDamagedError, match=f"is {other} .*, wanted {TRAIN_IMAGES}"
    ):
        load_split("train")


def test_training_digits_under_the_test_name_never_become_a_test_set(
    tiny, tmp_path, monkeypatch
):
    folder = tiny.write(tmp_path / "m", packed=False)
    monkeypatch.setenv("MNIST_DIR", str(folder))
    for kind in ("images-idx3", "labels-idx1"):
        (folder / f"t10k-{kind}-ubyte").write_bytes(
            tiny.contents[f"train-{kind}-ubyte"]
        )
    with pytest.raises(MnistDamagedError, match="under another name"):
        load_split("test")


# Missing files, and the order of the places


@pytest.mark.parametrize("folder_exists", [True, False])
def test_a_file_missing_from_mnist_dir_is_an_error_though_the_cache_has_it(
    tiny, tmp_path, monkeypatch, folder_exists
):
    tiny.write(mnist.cache_dir())
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "m"))
    if folder_exists:
        (tiny.write(tmp_path / "m") / f"{TRAIN_LABELS}.gz").unlink()
    wanted = TRAIN_LABELS if folder_exists else TRAIN_IMAGES
    with pytest.raises(MnistMissingError, match=wanted) as error:
        load_split("train")
    assert str(tmp_path / "m") in str(error.value)
    assert "unset MNIST_DIR" in str(error.value)


def test_mnist_dir_goes_before_the_cache(tiny, tmp_path, monkeypatch):
    (tiny.write(mnist.cache_dir()) / f"{TRAIN_LABELS}.gz").write_bytes(b"damaged")
    monkeypatch.setenv("MNIST_DIR", str(tiny.write(tmp_path / "m")))
    assert len(load_split("train")[1]) == 20


def test_the_cache_goes_before_the_mirrors(tiny, monkeypatch):
    tiny.write(mnist.cache_dir())

    def asked():
        raise AssertionError("a mirror was asked for what the cache has")

    monkeypatch.setattr(mnist, "_mirrors", asked)
    assert len(load_split("train")[1]) == 20


# Downloads, from servers on this machine


@pytest.fixture
def serve(monkeypatch):
    """Start a mirror that answers as told; return its address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer(self)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        poll = partial(server.serve_forever, poll_interval=0.01)
        threading.Thread(target=poll, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _send(request, body, *, length=None, status=200):
    request.send_response(status)
    if length is not None:
        request.send_header("Content-Length", str(length))
    request.end_headers()
    request.wfile.write(body)


def _packed(tiny, request):
    return gzip.compress(tiny.contents[request.path.strip("/").removesuffix(".gz")])


def _good(tiny):
    def answer(request):
        body = _packed(tiny, request)
        _send(request, body, length=len(body))

    return answer


def _files_in_cache():
    folder = mnist.cache_dir()
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


def test_a_download_is_kept_for_the_next_time(tiny, serve, monkeypatch):
    mirror = serve(_good(tiny))
    monkeypatch.setattr(mnist, "_mirrors", lambda: [mirror])
    first = load_split("test")
    monkeypatch.setattr(mnist, "_mirrors", lambda: [])
    second = load_split("test")
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[0], tiny.arrays["test", "images"])
    assert len(_files_in_cache()) == 2


def _too_short_for_its_length(tiny, request):
    body = _packed(tiny, request)
    _send(request, body[: len(body) // 2], length=len(body))


def _cut_without_length(tiny, request):
    body = _packed(tiny, request)
    _send(request, body[: len(body) // 2])


def _page_instead(tiny, request):
    _send(request, b"<html>This domain is for sale</html>")


def _other_file(tiny, request):
    _send(request, gzip.compress(tiny.contents[TEST_IMAGES]))


def _unavailable(tiny, request):
    _send(request, b"", status=503)


def _hang_up(tiny, request):
    request.close_connection = True


def _speak_nonsense(tiny, request):
    request.wfile.write(b"220 mail.example.org ESMTP\r\n")


def _keep_silent(tiny, request):
    time.sleep(1)  # and answer well, too late
    with suppress(OSError):
        _good(tiny)(request)


BAD_ANSWERS = [
    _too_short_for_its_length,
    _cut_without_length,
    _page_instead,
    _other_file,
    _unavailable,
    _hang_up,
    _speak_nonsense,
    _keep_silent,
]


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_the_second_mirror_makes_up_for_the_first(tiny, serve, monkeypatch, bad):
    monkeypatch.setattr(mnist, "DOWNLOAD_TIMEOUT", 0.2)
    mirrors = [serve(partial(bad, tiny)), serve(_good(tiny))]
    monkeypatch.setattr(mnist, "_mirrors", lambda: mirrors)
    assert np.array_equal(load_split("train")[1], tiny.arrays["train", "labels"])


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_a_bad_answer_alone_is_an_error_and_leaves_no_file(
    tiny, serve, monkeypatch, bad
):
    monkeypatch.setattr(mnist, "DOWNLOAD_TIMEOUT", 0.2)
    mirrors = ["http://127.0.0.1:1/", serve(partial(bad, tiny))]  # none listens at 1
    monkeypatch.setattr(mnist, "_mirrors", lambda: mirrors)
    with pytest.raises(MnistMissingError, match="set MNIST_DIR") as error:
        load_split("train")
    assert all(mirror in str(error.value) for mirror in mirrors), "names each mirror"
    assert _files_in_cache() == []


def _load_in_a_process(files, mirror, cache):
    import os

    os.environ.update(XDG_CACHE_HOME=cache, no_proxy="127.0.0.1")
    os.environ.pop("MNIST_DIR", None)
    mnist.FILES = files
    mnist._mirrors = lambda: [mirror]
    load_split("train")


def test_two_processes_may_download_at_once(tiny, serve, processes, tmp_path):
    both = threading.Barrier(2)

    def answer(request):
        both.wait(timeout=20)
        _good(tiny)(request)

    args = (tiny.files, serve(answer), str(tmp_path / "cache"))
    children = [processes.Process(target=_load_in_a_process, args=args) for _ in "ab"]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=30)
    assert [child.exitcode for child in children] == [0, 0]
    assert _files_in_cache() == [f"{TRAIN_IMAGES}.gz", f"{TRAIN_LABELS}.gz"]
    assert np.array_equal(load_split("train")[0], tiny.arrays["train", "images"])


def test_a_download_killed_half_way_leaves_no_file(tiny, serve, processes, tmp_path):
    half_way, over = threading.Event(), threading.Event()

    def answer(request):
        body = _packed(tiny, request)
        _send(request, body[: len(body) // 2], length=len(body))
        half_way.set()
        over.wait(timeout=20)

    args = (tiny.files, serve(answer), str(tmp_path / "cache"))
    child = processes.Process(target=_load_in_a_process, args=args)
    child.start()
    assert half_way.wait(timeout=20)
    child.kill()
    child.join()
    over.set()
    assert _files_in_cache() == []


def test_no_test_reaches_the_network(tiny, monkeypatch):
    monkeypatch.setattr(mnist, "_mirrors", lambda: ["http://mnist.example.org/"])
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MnistMissingError, match="asked the network for mnist"):
        load_split("train")

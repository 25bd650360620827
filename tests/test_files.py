import errno
import os

import pytest

from lenet.files import read_json, write_whole


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "new" / "deep" / "file"
    write_whole(path, b"one")
    write_whole(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("old", [b"old content", None])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_all_as_it_was(tmp_path, monkeypatch, old, call):
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space left"):
            write_whole(path, b"new")
    names = [each.name for each in tmp_path.iterdir()]
    assert names == ([] if old is None else ["file"])
    assert old is None or path.read_bytes() == old


def test_an_interruption_leaves_no_part_behind(tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", b"new")
    assert not list(tmp_path.iterdir())


def test_a_reader_with_the_old_file_open_keeps_it_whole(tmp_path):
    path = tmp_path / "file"
    write_whole(path, b"old" * 10_000)
    with path.open("rb") as reader:
        write_whole(path, b"new")
        assert reader.read() == b"old" * 10_000
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "file", b"")
        assert (tmp_path / "file").stat().st_mode & 0o777 == mode
        assert os.umask(mask) == mask, "write_whole changed the process's umask"
    finally:
        os.umask(before)


def test_a_missing_file_says_what_writes_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*: `make it` writes it"):
        read_json(tmp_path / "it.json", "make it")


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"\xff\xfe", b"text"])
def test_a_damaged_file_is_named_with_what_writes_it_again(tmp_path, content):
    (tmp_path / "it.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"it\.json is damaged .*`make it`"):
        read_json(tmp_path / "it.json", "make it")

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from lenet.files import read_json, write_atomically


def test_readers_and_other_writers_always_find_a_whole_file(tmp_path):
    path = tmp_path / "new" / "deep" / "file"
    contents = [letter * 100_000 for letter in (b"a", b"b", b"c", b"d")]
    write_atomically(path, contents[0])
    with path.open("rb") as reader, ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write_atomically, str(path), each) for each in contents]
        while not all(writer.done() for writer in writers):
            assert path.read_bytes() in contents
        assert reader.read() == contents[0], "the old file changed under a reader"
    assert all(writer.exception() is None for writer in writers)
    assert [each.name for each in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("old", [{"file": b"old content"}, {}])
@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError("the disk is full"), KeyboardInterrupt()])
def test_a_failed_write_leaves_all_as_it_was(tmp_path, monkeypatch, old, call, failure):
    def fail(*args):
        raise failure

    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(failure)):
        write_atomically(tmp_path / "file", b"new")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == old


def test_others_may_read_a_file_as_one_that_was_written_plainly(tmp_path):
    write_atomically(tmp_path / "file", b"")
    (tmp_path / "plain").write_bytes(b"")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_missing_or_damaged_file_is_named_with_what_writes_it(tmp_path):
    path = tmp_path / "it.json"
    with pytest.raises(FileNotFoundError, match=r"no file .*it\.json: `make it` wri"):
        read_json(path, "make it")
    for content in (b"", b'{"a": 1', b"\xff\xfe"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"it\.json is damaged .*`make it`"):
            read_json(path, "make it")

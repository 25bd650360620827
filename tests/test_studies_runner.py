"""Running studies: taken up again after a kill, stored with their origin."""

from types import SimpleNamespace

import joblib
import pytest
import torch

from lenet.studies import runner


@pytest.fixture
def squares(monkeypatch):
    """A study of three runs that counts how often each is made."""
    made = []

    def run(number, of=""):
        made.append(number)
        if number == fake.fails:
            raise RuntimeError("killed")
        return {"square": number**2, "threads": torch.get_num_threads()}

    fake = SimpleNamespace(
        QUESTION="What are the squares?",
        MEMBERS=[{"number": number, "of": "1/F"} for number in (1, 2, 3)],
        run=run,
        fails=None,
        made=made,
    )
    monkeypatch.setattr(runner, "load_study", lambda name: fake)
    with joblib.parallel_config("sequential"):
        yield fake


def test_a_study_is_stored_with_question_command_and_origin(squares, tmp_path):
    runner.run_study("squares", tmp_path / "parts", tmp_path)
    stored = runner.load_stored("squares", tmp_path)
    assert [each["square"] for each in runner.results(stored)] == [1, 4, 9]
    assert [each["square"] for each in runner.results(stored, number=2)] == [4]
    assert stored["question"] == "What are the squares?"
    assert stored["command"] == "make study NAME=squares"
    for member in stored["members"]:
        assert member["versions"]["torch"] == torch.__version__
        assert member["hardware"]["threads"] == 1
        assert member["date"]
    assert runner.provenance(stored).startswith("These 3 runs are stored")


def test_a_killed_study_makes_only_the_runs_that_are_missing(squares, tmp_path):
    squares.fails = 3
    with pytest.raises(RuntimeError, match="killed"):
        runner.run_study("squares", tmp_path / "parts", tmp_path)
    assert not (tmp_path / "squares.json").exists()
    squares.fails = None
    runner.run_study("squares", tmp_path / "parts", tmp_path)
    assert squares.made == [1, 2, 3, 3]
    assert not list((tmp_path / "parts").iterdir()), "would be taken for new results"


def test_a_dask_cluster_takes_a_study_as_it_is(squares, tmp_path):
    dask = pytest.importorskip("distributed", reason="pip install -e .[cluster]")
    cluster = dask.LocalCluster(processes=False, dashboard_address=None)
    with cluster, dask.Client(cluster), joblib.parallel_config("dask"):
        runner.run_study("squares", tmp_path / "parts", tmp_path)
    stored = runner.load_stored("squares", tmp_path)
    assert [each["square"] for each in runner.results(stored)] == [1, 4, 9]


def test_a_member_runs_on_one_thread_and_leaves_the_others_as_they_were(squares):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    assert runner.run_member("squares", {"number": 1})["result"]["threads"] == 1
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_a_study_unknown_or_not_run_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"no study 'studies': give one of .*seeds"):
        runner.load_study("studies")
    with pytest.raises(FileNotFoundError, match="make study NAME=seeds"):
        runner.load_stored("seeds", tmp_path)


@pytest.mark.parametrize("name", runner.STUDIES)
def test_a_stored_study_holds_every_member_once(name):
    stored, study = runner.load_stored(name), runner.load_study(name)
    assert [each["member"] for each in stored["members"]] == study.MEMBERS
    assert stored["question"] == study.QUESTION

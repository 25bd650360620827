"""Studies: taken up again after a kill, stored with their origin, found again."""

import json
import subprocess
import sys
from subprocess import PIPE
from types import SimpleNamespace

import joblib
import pytest
import torch

from lenet.record import environment
from lenet.studies import original, original_choices, seeds, sizes, study


@pytest.fixture
def squares(monkeypatch):
    """A study of three runs that counts how often each is made."""
    made = []

    def run(number):
        made.append(number)
        if number == fake.fails:
            raise RuntimeError("killed")
        return {"square": number**2}

    fake = SimpleNamespace(
        QUESTION="What are the squares?",
        members=lambda: [{"number": number} for number in (1, 2, 3)],
        run=run,
        fails=None,
        made=made,
    )
    monkeypatch.setattr(study, "load_study", lambda name: fake)
    with joblib.parallel_config("sequential"):
        yield fake


def test_a_study_is_stored_with_question_command_and_origin(squares, tmp_path):
    study.run_study("squares", tmp_path / "parts", tmp_path)
    stored = study.load_stored("squares", tmp_path)
    assert [m["result"]["square"] for m in stored["members"]] == [1, 4, 9]
    assert stored["command"] == "make study NAME=squares"
    for member in stored["members"]:
        assert member["versions"]["torch"] == torch.__version__
        assert member["hardware"]["threads"] == 1
        assert member["date"]


def test_a_killed_study_makes_only_the_runs_that_are_missing(squares, tmp_path):
    squares.fails = 3
    with pytest.raises(RuntimeError, match="killed"):
        study.run_study("squares", tmp_path / "parts", tmp_path)
    assert not (tmp_path / "squares.json").exists()
    squares.fails = None
    study.run_study("squares", tmp_path / "parts", tmp_path)
    assert squares.made == [1, 2, 3, 3]


def test_a_member_runs_on_one_thread_and_leaves_the_others_as_they_were(squares):
    before = torch.get_num_threads()
    squares.run = lambda number: {"threads": torch.get_num_threads()}
    assert study.run_member("squares", {"number": 1})["result"] == {"threads": 1}
    assert torch.get_num_threads() == before


def test_an_unknown_study_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no study 'studies': give one of .*seeds"):
        study.load_study("studies")


def test_a_study_that_was_not_run_says_how_to(tmp_path):
    with pytest.raises(FileNotFoundError, match="make study NAME=seeds"):
        study.load_stored("seeds", tmp_path)


def test_a_seed_says_what_each_misread_digit_was_read_as(sample):
    result = seeds.run(0, sample)
    last, test = result["history"][-1]["val"], sample.read_test()
    assert len(result["misread"]) == last["num_examples"] - last["num_correct"]
    assert all(test.labels[int(i)] != read for i, read in result["misread"].items())


def test_few_training_digits_get_more_passes(sample):
    result = sizes.run(0, 400, sample)
    assert result["config"]["num_epochs"] == 400
    assert result["train"]["total"] == 400
    assert result["test"]["count"] < 100


def in_a_new_process(name, member):
    """Run a member as a study does; what was compiled here before has no part in it."""
    code = (
        "import json, sys; from lenet.studies.study import run_member; "
        f"print(json.dumps(run_member({name!r}, {member!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=PIPE, check=True)
    return json.loads(done.stdout)


STORED = sorted(path.stem for path in study.STORED.glob("*.json"))
CHEAP = {
    "original": {"seed": 0, "num_train": 15_000, "copies": 0},
    "original_choices": {"seed": 0, "change": "as chosen"},
}


@pytest.mark.parametrize("name", STORED)
def test_a_stored_study_holds_every_member_once(name):
    stored = study.load_stored(name)
    assert [m["member"] for m in stored["members"]] == study.load_study(name).members()


@pytest.mark.parametrize("name", STORED)
def test_a_member_made_again_is_the_stored_one(name, mnist):
    """Bit for bit where machine and versions are the same, else close to it."""
    members = study.load_stored(name)["members"]
    (stored,) = [each for each in members if each["member"] == CHEAP[name]]
    again = in_a_new_process(name, CHEAP[name])
    here = environment()
    if all(stored[key] == again[key] for key in ("versions", "hardware")):
        assert again["result"] == stored["result"]
    else:
        errors = {"original": "test_errors", "original_choices": "online_errors"}[name]
        ours, theirs = again["result"][errors][-1], stored["result"][errors][-1]
        assert abs(ours - theirs) < 4 * (ours + theirs) ** 0.5, here


def test_the_choices_change_one_thing_at_a_time():
    assert all(len(change) <= 1 for change in original_choices.CHANGES.values())
    assert len(original.members()) == 25

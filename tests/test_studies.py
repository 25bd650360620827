"""Studies: taken up again after a kill, stored with their origin, found again."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE
from types import SimpleNamespace

import joblib
import pytest
import torch

from lenet.config import RECIPES, Config
from lenet.distort import hardships
from lenet.history import split_by_writer
from lenet.model import new_model
from lenet.predict import predict
from lenet.record import environment
from lenet.studies import (
    hardship,
    original,
    original_choices,
    recipe_choices,
    recipes,
    seeds,
    sizes,
    study,
)

FAST = {name: RECIPES["fast"].asdict()[name] for name in recipe_choices.NAMES[:4]}


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
    assert not list((tmp_path / "parts").iterdir()), "would be taken for new results"


def test_a_dask_cluster_takes_a_study_as_it_is(squares, tmp_path):
    """With joblib's own backend; the extra `cluster` brings Dask."""
    dask = pytest.importorskip("distributed", reason="pip install -e .[cluster]")
    cluster = dask.LocalCluster(processes=False, dashboard_address=None)
    with cluster, dask.Client(cluster), joblib.parallel_config("dask"):
        study.run_study("squares", tmp_path / "parts", tmp_path)
    stored = study.load_stored("squares", tmp_path)
    assert [m["result"]["square"] for m in stored["members"]] == [1, 4, 9]


def test_a_member_runs_on_one_thread_and_leaves_the_others_as_they_were(squares):
    before = torch.get_num_threads()
    squares.run = lambda number: {"threads": torch.get_num_threads()}
    assert study.run_member("squares", {"number": 1})["result"] == {"threads": 1}
    assert torch.get_num_threads() == before


def test_the_name_of_a_member_is_that_of_one_file():
    name = study.member_name({"seed": 3, "change": "weights within 2.4/F"})
    assert name == "change=weights within 2.4÷F,seed=3"


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


def test_hardships_are_counted_level_by_level(sample, monkeypatch):
    monkeypatch.setattr(hardship, "Config", lambda **kw: Config(num_epochs=2, **kw))
    clean, distorted = (hardship.run(0, kind, sample) for kind in hardship.TRAINED)
    levels = {name: len(each.levels) for name, each in hardships(0).items()}
    assert {name: len(each) for name, each in clean["errors"].items()} == levels
    assert clean["config"]["distortion"] == 0 < distorted["config"]["distortion"]
    assert len({each[each_none(name)] for name, each in clean["errors"].items()}) == 1
    assert clean["errors"] != distorted["errors"]


def each_none(name):
    """Where a hardship's levels have none of it."""
    return hardships(0)[name].levels.index(1 if name == "scale" else 0)


def test_a_candidate_is_judged_on_writers_held_out(mnist, monkeypatch):
    seen = {}

    def fit(config, train, val, **_):
        seen.update(config=config, train=train)
        return new_model(0), []

    monkeypatch.setattr(recipe_choices, "fit", fit)
    result = recipe_choices.run(1, mnist, **FAST)
    train, val = split_by_writer(mnist.train, Config().val_size, 1)
    assert torch.equal(seen["train"].labels, train.labels)
    assert seen["config"].one_cycle
    wrong = (predict(new_model(0), val.images).labels != val.labels).sum()
    assert result["val"] == {"count": int(wrong), "total": len(val)}


def test_the_final_recipes_are_among_the_candidates():
    members = recipe_choices.members()
    candidates = [Config(one_cycle=True, **member) for member in members]
    for config in RECIPES.values():
        assert config.but(seed=0) in candidates


def test_a_recipe_is_read_on_all_test_digits(sample, monkeypatch):
    quick = {"fast": RECIPES["fast"].but(num_epochs=1)}
    monkeypatch.setattr(recipes, "RECIPES", quick)
    result = recipes.run(5, "fast", sample)
    assert result["config"] == quick["fast"].but(seed=5).asdict()
    assert result["test"]["total"] == len(sample.read_test())


def test_few_training_digits_get_more_passes(sample):
    result = sizes.run(0, 400, sample)
    assert result["config"]["num_epochs"] == 400
    assert result["train"]["total"] == 400
    assert result["test"]["count"] < 100


# The stored studies

STORED = sorted(path.stem for path in study.STORED.glob("*.json"))
CHEAP = {  # a quick member of each study
    "front_end": {"seed": 0, "front_end": "1998"},
    "hardship": {"seed": 0, "trained": "clean"},
    "original": {"seed": 0, "num_train": 15_000, "copies": 0},
    "original_choices": {"seed": 0, "change": "as chosen"},
    "original_ranges": {"law": "uniform", "seed": 0, "shape": 0.5, "shift": 0.25},
    "recipe_choices": {"seed": 0} | FAST,
    "recipes": {"seed": 0, "recipe": "fast"},
    "seeds": {"seed": 0},
    "sizes": {"seed": 0, "num_train": 1_000},
    "to_modern": {"seed": 0, "step": "Adam", "rate": 0.001},
    "writers": {"seed": 0, "split": "writer"},
}
ERRORS = {  # how many digits a member misread
    "front_end": lambda result: result["test_errors"][-1],
    "hardship": lambda result: result["errors"]["flips"][0],
    "original": lambda result: result["test_errors"][-1],
    "original_choices": lambda result: result["val_errors"],
    "original_ranges": lambda result: result["val_errors"],
    "recipe_choices": lambda result: result["val"]["count"],
    "recipes": lambda result: result["test"]["count"],
    "seeds": lambda result: len(result["misread"]),
    "sizes": lambda result: result["test"]["count"],
    "to_modern": lambda result: result["val"]["count"],
    "writers": lambda result: result["test"]["count"],
}


@pytest.fixture(scope="module")
def made_again(mnist):
    """Run a quick member of every stored study, each in a process, one to a core."""
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:
        yield {name: pool.submit(in_a_new_process, name) for name in STORED}


def in_a_new_process(name):
    """Run a member as a study does; what was compiled here before has no part in it."""
    code = (
        "import json, sys; from lenet.studies.study import run_member; "
        f"print(json.dumps(run_member({name!r}, {CHEAP[name]!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=PIPE, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", STORED)
def test_a_stored_study_holds_every_member_once(name):
    stored = study.load_stored(name)
    assert [m["member"] for m in stored["members"]] == study.load_study(name).members()


def comparable(result):
    """Fill in the values of a config that came after the study: then the default."""
    if "config" in result:
        result = result | {"config": Config(**result["config"])}
    return result


@pytest.mark.parametrize("name", STORED)
def test_a_member_made_again_is_the_stored_one(name, made_again):
    """Bit for bit where machine and versions are the same, else close to it."""
    members = study.load_stored(name)["members"]
    (stored,) = [each for each in members if each["member"] == CHEAP[name]]
    again = made_again[name].result()
    if all(stored[key] == again[key] for key in ("versions", "hardware")):
        assert comparable(again["result"]) == comparable(stored["result"])
    else:
        ours, theirs = ERRORS[name](again["result"]), ERRORS[name](stored["result"])
        assert abs(ours - theirs) < 4 * (ours + theirs) ** 0.5, environment()


def test_the_choices_change_one_thing_at_a_time():
    assert all(len(change) <= 1 for change in original_choices.CHANGES.values())
    assert len(original.members()) == 25

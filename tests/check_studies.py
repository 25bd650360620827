"""The long checks: the notebooks on MNIST, and stored runs made again.

On another processor a run rounds otherwise and ends as with another seed. Its error
rate must then be one that runs which differ in their seed alone make likely.
"""

from functools import partial
from math import exp, log

import nbformat
import numpy as np
import pytest
from portable import NOTEBOOKS, compared, execute
from scipy.stats import t as student

from lenet import Config
from lenet.studies import seeds, writers
from lenet.studies.runner import STUDIES, load_stored, run_member

CONFIDENCE = 0.999
EPOCHS = 3  # with a constant learning rate, the first of a whole run's fifteen


def after_first_epochs(result):
    scores = result["history"][EPOCHS - 1]["val"]
    return 1 - scores["num_correct"] / scores["num_examples"]


def error_rate(result):
    part = result.get("test") or result["val"]
    return part["count"] / part["total"]


def mean_corrupted(result):
    kinds = result["corruptions"].values()
    return sum(sum(each["errors"]) for each in kinds) / result["num_test"]


def last_test(result):
    return result["test_errors"][-1] / result["num_test"]


STEP = {"step": "linear output, cross-entropy", "rate": 0.016}
# Of each study a member that takes little time, and the rate by which it is judged.
MEMBERS = {
    "seeds": ({"seed": 13}, after_first_epochs),
    "resizing": ({"seed": 3}, after_first_epochs),
    "writers": ({"seed": 3, "split": "writer"}, after_first_epochs),
    "corruption": ({"seed": 1, "trained": "clean"}, mean_corrupted),
    "recipes": ({"seed": 0, "recipe": "2 epochs with Muon"}, error_rate),
    "sizes": ({"seed": 0, "num_train": 10_000}, error_rate),
    "replication": ({"seed": 4, "num_train": 15_000, "copies": 0}, last_test),
    "choices": ({"seed": 0, "change": "j = 1"}, error_rate),
    "ranges": ({"seed": 0, "law": "uniform", "shift": 0.25, "shape": 1.0}, error_rate),
    "front_end": ({"seed": 4, "front_end": "random"}, last_test),
    "to_modern": ({"seed": 0} | STEP, error_rate),
}


@pytest.mark.parametrize("path", NOTEBOOKS[::-1], ids=lambda path: path.stem)
def test_a_notebook_comes_out_as_committed_by_other_instructions(path, tmp_path):
    made = execute(path.stem, "SSE4.1", tmp_path, "mnist")
    assert compared(made) == compared(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("name", STUDIES)
def test_a_member_made_again_is_one_of_the_stored_kind(name, monkeypatch):
    (member, rate), stored = MEMBERS[name], load_stored(name)
    if rate is after_first_epochs:
        for study in (seeds, writers):
            monkeypatch.setattr(study, "Config", partial(Config, num_epochs=EPOCHS))
    low, high = likely_rates(stored, member, rate)
    found = rate(run_member(name, member)["result"])
    (before,) = (e["result"] for e in stored["members"] if e["member"] == member)
    print(f"{name}: {found:g}, stored {rate(before):g}, likely {low:g} to {high:g}")
    assert low <= found <= high


def likely_rates(stored, member, rate):
    """Return the prediction interval for the rate of one more run like a member.

    Rates vary from seed to seed by about the same factor under all settings of a study,
    so the spread of their logarithms is pooled over the settings.
    """
    groups = {}
    for each in stored["members"]:
        group = groups.setdefault(settings(each["member"]), [])
        group.append(log(rate(each["result"])))
    mine = groups[settings(member)]
    residuals = np.concatenate([g - np.mean(g) for g in map(np.array, groups.values())])
    freedom = len(residuals) - len(groups)
    sd = np.sqrt((residuals**2).sum() / freedom)
    half = student.ppf((1 + CONFIDENCE) / 2, freedom) * sd * (1 + 1 / len(mine)) ** 0.5
    return exp(np.mean(mine) - half), exp(np.mean(mine) + half)


def settings(member):
    """Return what a member shares with those that differ from it in their seed."""
    return tuple(sorted((k, str(v)) for k, v in member.items() if k != "seed"))

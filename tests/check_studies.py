"""The long checks: stored runs made again, and the notebooks on MNIST."""

import nbformat
import pytest
from joblib import Parallel, delayed
from portable import NOTEBOOKS, compared, execute
from reproduction import likely_rates

from lenet.studies.runner import STUDIES, load_stored, run_member


def error_rate(result):
    part = result.get("test") or result["val"]
    return part["count"] / part["total"]


def mean_corrupted(result):
    kinds = result["corruptions"].values()
    return sum(sum(each["errors"]) for each in kinds) / result["num_test"]


def last_test(result):
    return result["test_errors"][-1] / result["num_test"]


# Of each study a member that takes little time, and the rate by which it is judged.
MEMBERS = {
    "seeds": ({"seed": 13}, lambda result: len(result["misread"])),
    "resizing": ({"seed": 3}, lambda result: len(result["misread"])),
    "writers": ({"seed": 3, "split": "writer"}, error_rate),
    "corruption": ({"seed": 1, "trained": "clean"}, mean_corrupted),
    "recipes": ({"seed": 0, "recipe": "2 epochs with Muon"}, error_rate),
    "sizes": ({"seed": 0, "num_train": 10_000}, error_rate),
    "replication": ({"seed": 4, "num_train": 15_000, "copies": 0}, last_test),
    "choices": ({"seed": 0, "change": "j = 1"}, error_rate),
    "ranges": ({"seed": 0, "law": "uniform", "shift": 0.25, "shape": 1.0}, error_rate),
    "front_end": ({"seed": 4, "front_end": "random"}, last_test),
    "to_modern": (
        {"seed": 0, "step": "linear output, cross-entropy", "rate": 0.016},
        error_rate,
    ),
}


NAMES = [path.stem for path in NOTEBOOKS]


@pytest.fixture(scope="session")
def made(mnist, tmp_path_factory):
    """Run notebooks and members two at a time, the long notebooks first."""
    folder = tmp_path_factory.mktemp("notebooks")
    jobs = [delayed(execute)(name, "SSE4.1", folder, "mnist") for name in NAMES[::-1]]
    jobs += [delayed(run_member)(name, member) for name, (member, _) in MEMBERS.items()]
    done = Parallel(n_jobs=2)(jobs)
    return dict(zip([*NAMES[::-1], *MEMBERS], done, strict=True))


@pytest.mark.parametrize("name", STUDIES)
def test_a_member_made_again_is_one_of_the_stored_kind(made, name):
    (member, rate), stored = MEMBERS[name], load_stored(name)
    low, high = likely_rates(stored, member, rate)
    found = rate(made[name]["result"])
    (before,) = (e["result"] for e in stored["members"] if e["member"] == member)
    print(f"{name}: {found:g}, stored {rate(before):g}, likely {low:g} to {high:g}")
    assert low <= found <= high


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_comes_out_as_committed_by_other_instructions(made, path):
    committed = compared(nbformat.read(path, as_version=4))
    assert compared(made[path.stem]) == committed

"""On the sample digits: what is compared comes out the same however a run rounds."""

from itertools import product

import pytest
from joblib import Parallel, delayed
from portable import NOTEBOOKS, SETTINGS, compared, execute

NAMES = [path.stem for path in NOTEBOOKS]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, pairs = tmp_path_factory.mktemp("runs"), list(product(NAMES, SETTINGS))
    jobs = [
        delayed(execute)(name, setting, folder / name / setting, "sample")
        for name, setting in pairs
    ]
    found = Parallel(n_jobs=2, prefer="threads")(jobs)
    return dict(zip(pairs, found, strict=True)), folder


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_gives_the_compared_outputs(runs, name):
    outputs = [compared(runs[0][name, setting]) for setting in SETTINGS]
    assert outputs[0] == outputs[1] == outputs[2]
    assert any(outputs[0].values())


def test_a_run_on_the_sample_leaves_the_notebook_alone_and_says_so(runs):
    for (name, setting), notebook in runs[0].items():
        folder = runs[1] / name / setting
        (source,) = (path for path in NOTEBOOKS if path.stem == name)
        assert (folder / "notebooks" / source.name).read_bytes() == source.read_bytes()
        assert [path.name for path in (folder / "reports").iterdir()] == ["sample"]
        top = notebook.cells[0].outputs[0].data["text/markdown"]
        assert "(sample data)" in top.splitlines()[0]
        assert "not MNIST" in top

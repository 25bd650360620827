from dataclasses import asdict, replace
from datetime import date
from hashlib import sha256

import pytest
import torch

from lenet import Config, load_weights, predict
from lenet.files import read_json
from lenet.model import new_model
from lenet.predict import BEST, Prediction
from lenet.record import WEIGHTS, load_record, publish, reports_folder, run_record
from lenet.studies import best
from lenet.studies.runner import ROOT


@pytest.fixture
def record(sample, make_history):
    """The record of a run that misreads the test digits 1 and 4."""
    history, labels = make_history((0.3, 0.1), (0.3, 0.2)), sample.read_test().labels
    preds = labels.clone()
    preds[[1, 4]] = (labels[[1, 4]] + 1) % 10
    prediction = Prediction(torch.eye(10)[preds], preds)
    return run_record(Config(), sample, history, prediction, seconds=12.345)


def test_a_record_counts_the_test_digits_and_names_all_that_they_depend_on(
    record, sample
):
    assert record["test"] == {"num_examples": 500, "num_correct": 498, "wrong": [1, 4]}
    assert record["config"] == asdict(Config())
    losses = [epoch["train"]["loss"] for epoch in record["history"]]
    assert losses == [0.3, 0.1]
    assert (record["dataset"], record["seconds"]) == (sample.name, 12.3)
    assert date.fromisoformat(record["date"])
    assert record["versions"]["torch"] == torch.__version__
    assert {"python", "torchvision", "numpy", "lenet"} <= set(record["versions"])
    assert record["hardware"]["device"].startswith("CPU (")
    assert record["hardware"]["threads"] == torch.get_num_threads()


def test_a_record_names_its_weights_and_is_refused_without_them(record, tmp_path):
    with pytest.raises(FileNotFoundError, match="`make report` writes it"):
        load_record(tmp_path)
    weights, beside = publish(record, new_model(seed=1), tmp_path / WEIGHTS)
    content = weights.read_bytes()
    added = {"weights_sha256": sha256(content).hexdigest()}
    assert read_json(beside, "") == load_record(tmp_path) == record | added
    publish(record, new_model(seed=2), weights)
    weights.write_bytes(content)  # as if killed between the two files
    with pytest.raises(ValueError, match="damaged or not the file of"):
        load_record(tmp_path)
    weights.unlink()
    with pytest.raises(FileNotFoundError, match="no weights"):
        load_record(tmp_path)


def test_a_sample_run_never_overwrites_mnists_files(sample, monkeypatch):
    monkeypatch.delenv("REPORTS", raising=False)
    assert str(reports_folder(sample)) == "../reports/sample"
    monkeypatch.setenv("REPORTS", "/somewhere")
    assert str(reports_folder(sample)) == "/somewhere/sample"
    assert str(reports_folder(replace(sample, banner=None))) == "/somewhere"


@pytest.mark.parametrize(
    "path", [BEST, ROOT / "reports" / WEIGHTS], ids=["best", "run"]
)
def test_published_records_are_what_the_published_weights_give(mnist, path):
    """Another processor rounds otherwise, which may tip a digit or two."""
    record, digits = read_json(path.with_suffix(".json"), ""), mnist.read_test()
    preds = predict(load_weights(path), digits.images).labels
    wrong = torch.nonzero(preds != digits.labels).flatten().tolist()
    if path == BEST:
        assert abs(len(wrong) - record["test_errors"]["count"]) <= 2
        assert Config(**record["config"]) == best.CONFIG
    else:
        assert len(set(wrong) ^ set(record["test"]["wrong"])) <= 2

import json
from dataclasses import asdict, replace
from datetime import date
from hashlib import sha256

import numpy as np
import pytest
import torch

from lenet import Config, load_weights, predict
from lenet.files import read_json
from lenet.model import new_model
from lenet.predict import BEST
from lenet.record import RECORD, WEIGHTS, load_record, publish, reports_folder
from lenet.record import run_record as make_record
from lenet.studies import best
from lenet.studies.runner import ROOT
from lenet.train import EpochRecord


@pytest.fixture
def record(sample, make_history):
    labels, preds = torch.tensor([3, 1, 4, 1, 5]), torch.tensor([3, 7, 4, 1, 6])
    history = make_history((0.3, 0.1), (0.3, 0.2))
    return make_record(Config(), sample, history, labels, preds, seconds=12.345)


def test_a_record_counts_the_test_digits_and_names_all_that_they_depend_on(
    record, sample
):
    test = record["test"]
    assert (test["num_examples"], test["num_correct"]) == (5, 3)
    assert test["wrong"] == [1, 4]
    confusion = np.array(test["confusion"])  # rows: true labels
    assert confusion.shape == (10, 10)
    assert np.argwhere(confusion).tolist() == [[1, 1], [1, 7], [3, 3], [4, 4], [5, 6]]
    assert record["config"] == asdict(Config())
    assert (record["dataset"], record["seconds"]) == (sample.name, 12.3)
    assert date.fromisoformat(record["date"])
    assert record["versions"]["torch"] == torch.__version__
    assert {"python", "torchvision", "numpy", "lenet"} <= set(record["versions"])
    assert record["hardware"]["device"].startswith("CPU (")
    assert record["hardware"]["threads"] == torch.get_num_threads()


def test_record_and_weights_come_back_and_name_each_other(
    record, make_history, tmp_path
):
    model = new_model(seed=1)
    publish(record, model, tmp_path / WEIGHTS)
    found, weights = load_record(tmp_path), tmp_path / WEIGHTS
    assert found.pop("weights_sha256") == sha256(weights.read_bytes()).hexdigest()
    assert found == record
    assert json.dumps(found, allow_nan=False)
    history = [EpochRecord.fromdict(values) for values in found["history"]]
    assert history == make_history((0.3, 0.1), (0.3, 0.2))
    images = torch.rand(2, 1, 32, 32)
    assert torch.equal(load_weights(weights)(images), model(images))
    assert {each.name for each in tmp_path.iterdir()} == {RECORD, WEIGHTS}


def test_a_record_without_its_own_weights_is_refused(record, tmp_path):
    with pytest.raises(FileNotFoundError, match="`make report` writes it"):
        load_record(tmp_path)
    weights, _ = publish(record, new_model(seed=1), tmp_path / WEIGHTS)
    before = weights.read_bytes()
    publish(record, new_model(seed=2), tmp_path / WEIGHTS)
    weights.write_bytes(before)  # as if killed between the two files
    with pytest.raises(ValueError, match="of two runs: `make report` writes both"):
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

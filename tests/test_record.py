import json
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from lenet import Config, predict
from lenet.checkpoint import load_weights
from lenet.model import new_model
from lenet.record import NAME, load_record, publish, reports_folder, run_record
from lenet.train import EpochRecord

ROOT = Path(__file__).parent.parent


@pytest.fixture
def record(sample, make_history):
    labels = torch.tensor([3, 1, 4, 1, 5])
    preds = torch.tensor([3, 7, 4, 1, 6])
    history = make_history((0.3, 0.1), (0.3, 0.2))
    return run_record(Config(), sample, history, labels, preds, seconds=12.345)


def test_the_test_scores_are_counted_from_the_predictions(record):
    test = record["test"]
    assert (test["num_examples"], test["num_correct"]) == (5, 3)
    assert test["wrong"] == [1, 4]
    confusion = np.array(test["confusion"])
    assert confusion.sum() == 5
    assert np.argwhere(confusion).tolist() == [[1, 1], [1, 7], [3, 3], [4, 4], [5, 6]]


def test_a_record_names_all_that_its_numbers_depend_on(record, sample):
    assert record["config"] == Config().asdict()
    assert record["dataset"] == sample.name
    assert record["seconds"] == 12.3
    assert date.fromisoformat(record["date"])
    assert record["versions"]["torch"] == torch.__version__
    assert {"python", "torchvision", "numpy", "lenet"} <= set(record["versions"])
    assert record["hardware"]["device"].startswith("CPU (")
    assert record["hardware"]["threads"] == torch.get_num_threads()


def test_a_record_goes_to_json_and_back_unchanged(record, make_history):
    again = json.loads(json.dumps(record, allow_nan=False))
    assert again == record
    history = [EpochRecord.fromdict(values) for values in again["history"]]
    assert history == make_history((0.3, 0.1), (0.3, 0.2))


def test_published_weights_and_record_name_each_other(record, tmp_path):
    model = new_model(seed=1)
    weights, _ = publish(record, model, tmp_path)
    found = load_record(tmp_path)
    assert found.pop("weights_sha256") == sha256(weights.read_bytes()).hexdigest()
    assert found == record
    images = torch.rand(2, 1, 32, 32)
    assert torch.equal(load_weights(weights)(images), model(images))
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        f"{NAME}.json",
        f"{NAME}.safetensors",
    ]


def test_weights_of_another_run_are_not_taken_for_the_records(record, tmp_path):
    paths = publish(record, new_model(seed=1), tmp_path)
    before = paths[0].read_bytes()
    publish(record, new_model(seed=2), tmp_path)
    paths[0].write_bytes(before)  # as if killed between the two files
    with pytest.raises(ValueError, match="of two runs: `make report` writes both"):
        load_record(tmp_path)
    paths[0].unlink()
    with pytest.raises(FileNotFoundError, match="no weights"):
        load_record(tmp_path)


def test_a_missing_record_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="`make report` writes it"):
        load_record(tmp_path)


def test_a_sample_run_never_overwrites_mnists_files(sample, tiny, monkeypatch):
    from lenet import load_dataset
    from lenet.mnist import cache_dir

    tiny.write(cache_dir())
    monkeypatch.setenv("REPORTS", "/somewhere")
    mnist_folder = reports_folder(load_dataset("mnist"))
    assert str(mnist_folder) == "/somewhere"
    assert reports_folder(sample) == mnist_folder / "sample"
    monkeypatch.delenv("REPORTS")
    assert str(reports_folder(sample)) == "../reports/sample"


def test_the_published_record_is_what_the_published_weights_give(
    mnist, published_model
):
    """Another processor rounds otherwise, which may tip a digit or two."""
    record, digits = load_record(ROOT / "reports"), mnist.read_test()
    content = (ROOT / "reports" / f"{NAME}.safetensors").read_bytes()
    assert record["weights_sha256"] == sha256(content).hexdigest()
    preds = predict(published_model, digits.images).labels
    wrong = torch.nonzero(preds != digits.labels).flatten().tolist()
    assert len(set(wrong) ^ set(record["test"]["wrong"])) <= 2

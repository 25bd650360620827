"""Validation digits by writers who are also in the training set, or by new ones."""

from dataclasses import asdict

from lenet.calibration import (
    fit_temperature,
    negative_log_likelihood,
    refused_for,
    rejection_curve,
    reliability,
)
from lenet.config import Config
from lenet.data import Dataset, Digits, load_dataset, split_train_val
from lenet.history import split_by_writer
from lenet.model import LeNet5
from lenet.predict import errors, predict_logits
from lenet.run import fit

QUESTION = "How much does a random validation split flatter, and how calibrated is it?"
NUM_SEEDS = 4
SPLITS = {"random": split_train_val, "writer": split_by_writer}


def members() -> list[dict]:
    """One run for each seed and kind of split."""
    return [
        {"seed": seed, "split": split} for seed in range(NUM_SEEDS) for split in SPLITS
    ]


def run(seed: int, split: str, dataset: Dataset | None = None) -> dict:
    """Train on what the split leaves; score the test digits once, at the end.

    The temperature is fitted on the validation digits and judged on the test digits.
    """
    config = Config(seed=seed)
    dataset = dataset or load_dataset("mnist")
    train, val = SPLITS[split](dataset.train, config.val_size, seed)
    model, history = fit(config, train, val, print_every=0)
    test = dataset.read_test()
    temperature = fit_temperature(predict_logits(model, val.images), val.labels)
    return {
        "config": config.asdict(),
        "num_train": len(train),
        "train": asdict(errors(model, train)),
        "val": asdict(errors(model, val)),
        "test": asdict(errors(model, test)),
        "history": [record.asdict() for record in history],
        "temperature": temperature,
        "as_trained": _calibration(model, test, 1.0),
        "scaled": _calibration(model, test, temperature),
    }


def _calibration(model: LeNet5, test: Digits, temperature: float) -> dict:
    logits = predict_logits(model, test.images) / temperature
    probs = logits.softmax(1)
    left = rejection_curve(probs, test.labels)
    return {
        "negative_log_likelihood": negative_log_likelihood(logits, test.labels),
        "reliability": reliability(probs, test.labels),
        "refused_for_half_a_percent": refused_for(left, 0.005),
        "errors_left": left[:1_001:10].tolist(),
    }

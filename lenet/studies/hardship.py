"""Networks trained on clean and on distorted digits, read under noise and variation."""

from lenet.config import Config
from lenet.data import Dataset, Digits, load_dataset
from lenet.distort import hardships
from lenet.model import LeNet5
from lenet.predict import errors
from lenet.run import fit

QUESTION = "What noise and variation does LeNet-5 read, and what does training add?"
NUM_SEEDS = 3
TRAINED = {"clean": 0.0, "distorted": 1.0}  # strength of the distortions in training


def members() -> list[dict]:
    """One run for each seed and kind of training digits."""
    return [
        {"seed": seed, "trained": kind} for seed in range(NUM_SEEDS) for kind in TRAINED
    ]


def run(seed: int, trained: str, dataset: Dataset | None = None) -> dict:
    """Train as the seed report did, or with distortions; count errors at each level."""
    config = Config(seed=seed, distortion=TRAINED[trained])
    dataset = dataset or load_dataset("mnist")
    train, test = dataset.train, dataset.read_test()
    model, _ = fit(config, train, train[:1], score_train=False, print_every=0)
    return {
        "config": config.asdict(),
        "num_test": len(test),
        "errors": {
            name: [_errors(model, test, hard.change, level) for level in hard.levels]
            for name, hard in hardships(seed).items()
        },
    }


def _errors(model: LeNet5, test: Digits, change, level: float) -> int:
    return errors(model, Digits(change(test.images, level), test.labels)).count

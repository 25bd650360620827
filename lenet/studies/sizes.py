"""Fewer training digits, as in the paper's Fig. 6."""

from dataclasses import asdict

from lenet.config import Config
from lenet.data import Dataset, load_dataset, split_train_val
from lenet.predict import errors
from lenet.run import fit

QUESTION = "How many training digits does it take?"
NUM_SEEDS = 3
SIZES = (1_000, 3_000, 10_000, 15_000, 30_000)
MIN_UPDATES = 5_000  # a few digits need more passes to be learnt at all


def members() -> list[dict]:
    """One run for each seed and size; all 60,000 digits are in the study of seeds."""
    return [
        {"seed": seed, "num_train": size} for size in SIZES for seed in range(NUM_SEEDS)
    ]


def run(seed: int, num_train: int, dataset: Dataset | None = None) -> dict:
    """Train on some digits, drawn at random; score them and the test digits."""
    dataset = dataset or load_dataset("mnist")
    _, train = split_train_val(dataset.train, num_train, seed)
    base = Config(seed=seed)
    epochs = -(-MIN_UPDATES * base.batch_size // num_train)
    config = base.but(num_epochs=max(base.num_epochs, epochs))
    model, _ = fit(config, train, train[:1], score_train=False, print_every=0)
    test = dataset.read_test()
    return {"config": config.asdict()} | {
        name: asdict(errors(model, each))
        for name, each in (("train", train), ("test", test))
    }

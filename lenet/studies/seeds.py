"""The seed report's run, repeated with other random seeds."""

from lenet.config import Config
from lenet.data import Dataset, load_dataset, seed_report_splits
from lenet.metrics import misread
from lenet.predict import predict
from lenet.run import fit

QUESTION = "What does another random seed change?"
NUM_SEEDS = 20


def members() -> list[dict]:
    """One run for each seed."""
    return [{"seed": seed} for seed in range(NUM_SEEDS)]


def run(seed: int, dataset: Dataset | None = None) -> dict:
    """Train as the seed report did; keep the history and every misread test digit."""
    config = Config(seed=seed)
    train, test = seed_report_splits(dataset or load_dataset("mnist"))
    model, history = fit(config, train, test, print_every=0)
    return {
        "config": config.asdict(),
        "history": [record.asdict() for record in history],
        "misread": misread(predict(model, test.images).labels, test.labels),
    }

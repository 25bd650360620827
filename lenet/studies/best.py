"""Train the network that the package publishes, which reads pictures and drawings."""

import time
from dataclasses import asdict, replace
from pathlib import Path

from lenet.config import RECIPES, Config
from lenet.data import Dataset, load_dataset
from lenet.fit import fit
from lenet.model import LeNet5
from lenet.predict import BEST, errors
from lenet.record import environment, publish

RECIPE = "60 epochs with distortions"  # the best on writers held out: `recipes.py`
CONFIG = replace(RECIPES[RECIPE], seed=0)  # a seed fixed before any test digit was read
CHECKPOINT = Path("runs") / "best.pt"  # where a run that was stopped goes on


def main() -> None:
    """Train, score once, and write the weights with their record."""
    dataset, start = load_dataset("mnist"), time.perf_counter()
    CHECKPOINT.parent.mkdir(exist_ok=True)
    model, _ = fit(
        CONFIG,
        dataset.train,
        dataset.train[:1],  # nothing is chosen on the way, so nothing is scored
        checkpoint=CHECKPOINT,
        score_train=False,
    )
    seconds = time.perf_counter() - start
    publish(describe(model, CONFIG, dataset, seconds), model, BEST)


def describe(model: LeNet5, config: Config, dataset: Dataset, seconds: float) -> dict:
    """Collect what the network is and how well it reads, ready for JSON."""
    splits = {"train": dataset.train, "test": dataset.read_test()}
    return {
        "command": "python -m lenet.studies.best",
        "dataset": dataset.name,
        "recipe": RECIPE,
        "config": asdict(config),
        **{f"{name}_errors": asdict(errors(model, s)) for name, s in splits.items()},
        "seconds": round(seconds, 1),
        **environment(),
    }


if __name__ == "__main__":
    main()

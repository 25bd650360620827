"""Train the network that the package publishes, which reads pictures and drawings."""

import time
from dataclasses import asdict, replace
from pathlib import Path

from lenet.config import RECIPES
from lenet.data import load_dataset
from lenet.fit import fit
from lenet.predict import BEST, errors
from lenet.record import environment, publish

RECIPE = "60 epochs with distortions"  # the best on writers held out: `recipes.py`
CONFIG = replace(RECIPES[RECIPE], seed=0)  # a seed fixed before any test digit was read
CHECKPOINT = Path("runs") / "best.pt"  # where a run that was stopped goes on


def main() -> None:
    """Train, score once, and write the weights with their record."""
    dataset, start = load_dataset("mnist"), time.perf_counter()
    train = dataset.train  # of which one digit is scored: nothing is chosen on the way
    model, _ = fit(CONFIG, train, train[:1], checkpoint=CHECKPOINT, score_train=False)
    seconds = round(time.perf_counter() - start, 1)
    record = {
        "command": "python -m lenet.studies.best",
        "dataset": dataset.name,
        "recipe": RECIPE,
        "config": asdict(CONFIG),
        "train_errors": asdict(errors(model, train)),
        "test_errors": asdict(errors(model, dataset.read_test())),
        "seconds": seconds,
        **environment(),
    }
    publish(record, model, BEST)


if __name__ == "__main__":
    main()

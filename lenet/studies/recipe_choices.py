"""Recipes for the same network, one against the other, judged on held-out writers."""

from dataclasses import asdict

from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.history import split_by_writer
from lenet.predict import errors
from lenet.run import fit

QUESTION = "Which recipe reads new writers best, and which learns fastest?"
NUM_SEEDS = 3
# Epochs, digits per batch, peak learning rate, strength of the distortions and, if not
# the usual one, their largest shift.
NAMES = ("num_epochs", "batch_size", "learning_rate", "distortion", "shift")
TRIED_ONCE = (  # with one seed, to see where to look
    (20, 128, 3e-3, 0.5),
    (20, 128, 3e-3, 1.0),
    (20, 128, 1.5e-3, 0.75),
    (20, 128, 6e-3, 0.75),
    (20, 64, 3e-3, 0.75),
    (20, 32, 2e-3, 0.75),
    (40, 128, 2e-3, 1.0),
    (3, 32, 4e-3, 0.0),
    (3, 64, 6e-3, 0.0),
    (4, 64, 3e-3, 0.0),
    (4, 64, 6e-3, 0.0),
    (4, 64, 1e-2, 0.0),
    (4, 128, 1e-2, 0.0),
    (5, 128, 1e-2, 0.0),
    (8, 256, 8e-3, 0.0),
)
CANDIDATES = (  # with three
    (20, 128, 3e-3, 0.75),
    (40, 128, 3e-3, 0.75),
    (60, 128, 3e-3, 0.75),
    (20, 128, 3e-3, 0.75, 0.7),
    (20, 128, 3e-3, 1.0, 0.5),
    (4, 32, 3e-3, 0.0),
    (5, 64, 4e-3, 0.0),
    (5, 64, 4e-3, 0.3),
    (6, 64, 4e-3, 0.0),
    (6, 64, 4e-3, 0.3),
    (6, 128, 6e-3, 0.0),
    (8, 64, 4e-3, 0.0),
    (8, 128, 6e-3, 0.0),
    (8, 128, 6e-3, 0.3),
)


def members() -> list[dict]:
    """One run for each recipe and seed."""
    runs = [(0, recipe) for recipe in TRIED_ONCE]
    runs += [(seed, recipe) for recipe in CANDIDATES for seed in range(NUM_SEEDS)]
    return [
        {"seed": seed} | dict(zip(NAMES, recipe, strict=False)) for seed, recipe in runs
    ]


def run(seed: int, dataset: Dataset | None = None, **recipe) -> dict:
    """Train with a one-cycle learning rate; count errors on writers held out."""
    config = Config(seed=seed, one_cycle=True, **recipe)
    dataset = dataset or load_dataset("mnist")
    train, val = split_by_writer(dataset.train, config.val_size, seed)
    model, _ = fit(config, train, val[:1], score_train=False, print_every=0)
    return {"config": config.asdict()} | {
        name: asdict(errors(model, each))
        for name, each in (("train", train), ("val", val))
    }

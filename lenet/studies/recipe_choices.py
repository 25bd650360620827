"""Recipes for the same network, one against the other, judged on held-out writers."""

from dataclasses import asdict

from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.history import split_by_writer
from lenet.predict import accuracy, predict
from lenet.run import fit

QUESTION = "Which recipe reads new writers best, and which learns fastest?"
NUM_SEEDS = 3
# Epochs, digits per batch, peak learning rate and strength of the distortions.
RECIPES = (
    (20, 128, 3e-3, 0.5),
    (20, 128, 3e-3, 0.75),
    (20, 128, 3e-3, 1.0),
    (20, 128, 6e-3, 0.75),
    (20, 64, 3e-3, 0.75),
    (20, 256, 6e-3, 0.75),
)


def members() -> list[dict]:
    """One run for each seed and recipe."""
    names = ("num_epochs", "batch_size", "learning_rate", "distortion")
    recipes = [dict(zip(names, recipe, strict=True)) for recipe in RECIPES]
    return [{"seed": seed} | each for seed in range(NUM_SEEDS) for each in recipes]


def run(seed: int, dataset: Dataset | None = None, **recipe) -> dict:
    """Train with a one-cycle learning rate; count errors on writers held out."""
    config = Config(seed=seed, one_cycle=True, **recipe)
    dataset = dataset or load_dataset("mnist")
    train, val = split_by_writer(dataset.train, config.val_size, seed)
    model, _ = fit(config, train, val[:1], score_train=False, print_every=0)
    return {"config": config.asdict()} | {
        name: asdict(accuracy(predict(model, each.images), each).complement)
        for name, each in (("train", train), ("val", val))
    }

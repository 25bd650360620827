"""How far to distort the training digits, judged on held-out writers."""

from dataclasses import asdict, replace

from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.history import split_by_writer
from lenet.original.distortions import Ranges, with_distortions
from lenet.original.engine import Recipe1998, count_wrong, train_1998
from lenet.studies.original import COPIES

QUESTION = "How far should the training digits be distorted?"
# Law of the draws; factors of the shifts and of the other ranges read off Fig. 7.
SETTINGS = (
    ("uniform", 1.0, 1.0),
    ("uniform", 0.5, 0.5),
    ("uniform", 0.5, 1.0),
    ("uniform", 0.25, 0.5),
    ("uniform", 0.25, 1.0),
    ("uniform", 0.125, 0.5),
    ("uniform", 0.125, 1.0),
    ("triangular", 1.0, 1.0),
    ("triangular", 0.5, 0.5),
    ("triangular", 0.5, 1.0),
)
AGAIN = (SETTINGS[0], *SETTINGS[3:7], SETTINGS[9])  # the first, and the best: new seed


def members() -> list[dict]:
    """One run for each setting, and with a second seed for some of them."""
    names = ("law", "shift", "shape")
    return [
        {"seed": seed} | dict(zip(names, setting, strict=True))
        for seed, settings in enumerate((SETTINGS, AGAIN))
        for setting in settings
    ]


def run(
    seed: int, law: str, shift: float, shape: float, dataset: Dataset | None = None
) -> dict:
    """Train by the whole recipe; count errors on digits of writers held out."""
    dataset = dataset or load_dataset("mnist")
    train, val = split_by_writer(dataset.train, Config().val_size, seed)
    ranges = replace(Ranges(), law=law).times(shift, shape)
    digits = with_distortions(*train.arrays(), COPIES, ranges, seed)
    recipe = replace(Recipe1998(), digits_per_pass=len(train))
    weights, passes = train_1998(*digits, recipe, seed)
    return {
        "recipe": asdict(recipe),
        "ranges": asdict(ranges),
        "num_train": len(train),
        "online_errors": [each.num_wrong for each in passes],
        "val_errors": count_wrong(weights, *val.arrays()),
        "num_val": len(val),
    }

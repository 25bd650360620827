"""How far to distort the training digits, judged on held-out writers."""

from dataclasses import asdict

from lenet.annotations import split_by_writer
from lenet.config import Config
from lenet.data import load_dataset
from lenet.metrics import Proportion
from lenet.original.choices import train_and_judge
from lenet.original.distortions import Ranges, with_distortions
from lenet.original.engine import Recipe1998
from lenet.original.replication import COPIES, arrays
from lenet.style import Rows

QUESTION = "How far should the training digits be distorted?"
# Law of the draws; factors of the shifts and of the other ranges read off Fig. 7.
SETTINGS = (
    ("uniform", 1.0, 1.0), ("uniform", 0.5, 0.5), ("uniform", 0.5, 1.0),
    ("uniform", 0.25, 0.5), ("uniform", 0.25, 1.0), ("uniform", 0.125, 0.5),
    ("uniform", 0.125, 1.0), ("triangular", 1.0, 1.0), ("triangular", 0.5, 0.5),
    ("triangular", 0.5, 1.0),
)  # fmt: skip
AGAIN = (SETTINGS[0], *SETTINGS[3:7], SETTINGS[9])  # the first, and the best: new seed


def members() -> list[dict]:
    """One run for each setting, and with a second seed for some of them."""
    return [
        {"seed": seed, "law": law, "shift": shift, "shape": shape}
        for seed, settings in enumerate((SETTINGS, AGAIN))
        for law, shift, shape in settings
    ]


def run(seed: int, law: str, shift: float, shape: float) -> dict:
    """Train by the whole recipe; count errors on digits of writers held out."""
    train, val = split_by_writer(load_dataset("mnist").train, Config().val_size, seed)
    ranges = Ranges(law=law).times(shift, shape)
    digits = with_distortions(*arrays(train), COPIES, ranges, seed)
    settings = {"ranges": asdict(ranges), "copies": COPIES, "num_train": len(train)}
    recipe = Recipe1998(digits_per_pass=len(train))
    return settings | train_and_judge(digits, val, recipe, seed)


def table(stored: dict) -> Rows:
    """List the error on held-out writers of every setting, seed by seed."""
    errors: dict[tuple, dict[int, str]] = {}
    for each in stored["members"]:
        member, error = each["member"], Proportion(**each["result"]["val"])
        setting = member["law"], f"{member['shift']:g}", f"{member['shape']:g}"
        errors.setdefault(setting, {})[member["seed"]] = error.percent
    seeds = sorted({each["member"]["seed"] for each in stored["members"]})
    rows = [["Draws", "Shifts ×", "Others ×", *(f"Seed {seed}" for seed in seeds)]]
    for setting, found in errors.items():
        rows.append([*setting, *(found.get(seed, "–") for seed in seeds)])
    return rows

"""What the paper leaves open, one choice at a time, judged on held-out writers."""

from dataclasses import asdict

from lenet.annotations import split_by_writer
from lenet.config import Config
from lenet.data import Digits, load_dataset
from lenet.metrics import Repeated
from lenet.original.engine import count_wrong, train_1998
from lenet.original.recipe import Recipe1998
from lenet.studies.runner import results
from lenet.studies.statistics import differences, error_rates, signed, signed_between
from lenet.style import Rows

QUESTION = "Which of the choices that the paper leaves open matter?"
SHORT = (5e-4, 5e-4, 2e-4, 2e-4, 1e-4, 5e-5, 1e-5)  # seven passes stand for twenty
CHOSEN = "as chosen"
CHANGES = {
    CHOSEN: {},
    "j = 1": {"rubbish": 1.0},
    "j = 10": {"rubbish": 10.0},
    "mean squared error": {"rubbish": None},
    "weights within 2.4/F, as printed": {"power": 1.0},
    "S coefficients 1/2 at first": {"coefficient": 0.5},
    "distances without the factor 1/2": {"distance_factor": 1.0},
    "one step size for each layer": {"curvature": "layer"},
}
MEMBERS = [{"seed": seed, "change": change} for change in CHANGES for seed in range(3)]


def run(seed: int, change: str) -> dict:
    """Train for seven passes; count errors on digits of writers held out."""
    train, val = held_out(seed)
    recipe = Recipe1998(etas=SHORT, **CHANGES[change])
    return train_and_judge(train, val, recipe, seed) | {"num_train": len(train)}


def held_out(seed: int) -> tuple[Digits, Digits]:
    """Return MNIST's training digits without those of some writers, and these."""
    return split_by_writer(load_dataset("mnist").train, Config().val_size, seed)


def train_and_judge(train: Digits, val: Digits, recipe: Recipe1998, seed: int) -> dict:
    """Train; return what is stored of a run, the errors on digits held out included."""
    weights, online_errors = train_1998(train, recipe, seed)
    return {
        "recipe": asdict(recipe),
        "online_errors": online_errors,
        "val": {"count": count_wrong(weights, val), "total": len(val)},
    }


def against_chosen(stored: dict, change: str) -> Repeated:
    """Return how many points a change adds to the error, seed by seed."""
    return differences(_errors(stored, change), _errors(stored, CHOSEN))


def _errors(stored: dict, change: str) -> Repeated:
    return error_rates(results(stored, change=change), "val")


def table(stored: dict) -> Rows:
    """Set each change against the choice taken, seed by seed.

    Where the interval would leave 0 to 100 % of errors, the errors themselves stand.
    """
    rows = [["Change", "Seeds", "Validation error", "Difference", "95 % interval"]]
    for change in dict.fromkeys(each["member"]["change"] for each in stored["members"]):
        error, moved = _errors(stored, change), against_chosen(stored, change)
        low, high = (error.mean - moved.mean + end for end in moved.interval)
        fits = low >= 0 and high <= 100
        interval = signed_between(moved.interval) if fits else f"none: {whole(error)}"
        points = ["", ""] if change == CHOSEN else [signed(moved.mean), interval]
        rows.append([change, len(error.values), error.percent, *points])
    return rows


def whole(error: Repeated) -> str:
    """Write the error of each seed in whole per cents, such as ``32, 29, 72 %``."""
    return ", ".join(f"{value:.0f}" for value in error.values) + " %"

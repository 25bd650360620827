"""Digits resized to 32 pixels, as the earlier report has them, beside padded ones.

The runs are those of the study of seeds, from the same initial weights and in the same
order of the digits, so that each belongs with the one of its seed there.
"""

from dataclasses import replace

from torch.nn import functional as F

from lenet.claims import EARLIER_TEST, Claim
from lenet.data import Dataset, Digits, load_dataset
from lenet.metrics import Repeated
from lenet.model import IMAGE_SIZE
from lenet.studies import seeds
from lenet.studies.losses import curves
from lenet.studies.statistics import Runs, between, change, signed, signed_between
from lenet.style import Rows

QUESTION = "Do digits resized from 28 to 32 pixels, not padded, explain the difference?"
MARGIN = 2  # pixels of padding on each side of the 28 in the files
HOW = {"mode": "bilinear", "antialias": True}  # as torchvision's `Resize` by default
# Those with padded digits are in the study of seeds.
MEMBERS = [{"seed": seed} for seed in range(10)]


def run(seed: int, dataset: Dataset | None = None) -> dict:
    """Make a run of the study of seeds on resized digits."""
    dataset = dataset or load_dataset("mnist")
    train, test = resized(dataset.train), resized(dataset.read_test())
    changed = replace(dataset, train=train, read_test=lambda: test)
    return seeds.run(seed, changed) | {"resized": HOW}


def resized(digits: Digits) -> Digits:
    """Take the padding off and enlarge what is left to 32 pixels.

    Images grow, so that ``antialias`` has nothing to do.
    """
    inner = digits.images[:, None, MARGIN:-MARGIN, MARGIN:-MARGIN]
    images = F.interpolate(inner, (IMAGE_SIZE, IMAGE_SIZE), **HOW)
    return Digits(images[:, 0], digits.labels)


def by_digits(resized_runs: Runs, seed_runs: Runs) -> dict[str, Runs]:
    """Return the runs on padded digits, of the seeds there are of both, and resized."""
    seeds_there = [run["config"]["seed"] for run in resized_runs]
    padded = {run["config"]["seed"]: run for run in seed_runs}
    return {"padded": [padded[seed] for seed in seeds_there], "resized": resized_runs}


def gain(runs: dict[str, Runs], num_last: int = 1) -> Repeated:
    """Return the points that resizing adds over the last epochs, seed by seed."""
    right = (curves(each, "val", "num_correct") for each in runs.values())
    padded, enlarged = (each[:, -num_last:].mean(1) for each in right)
    points = 100 * (enlarged - padded) / runs["padded"][0]["num_test"]
    return Repeated(tuple(points.tolist()))


def claim(runs: dict[str, Runs]) -> Claim:
    """Judge whether resizing explains the accuracy of the earlier report."""
    added, padded = gain(runs), seeds.accuracies(runs["padded"], "val")
    missing = 100 * EARLIER_TEST.rate - padded.mean
    low, high = added.interval
    return Claim(
        f"Resizing the digits instead of padding them explains {EARLIER_TEST.percent}.",
        f"{change(added.mean, added.interval)}, where {signed(missing)} are to be "
        "explained",
        "the 95 % interval of the difference in test accuracy, paired by seed, lies "
        "above 0 and its upper end reaches the points that the padded mean lacks. It "
        "does not hold if the upper end stays below these, and is open otherwise",
        holds=False if high < missing else True if low > 0 else None,
        source="our question",
        runs=f"{len(added.values)} seeds",
    )


def table(runs: dict[str, Runs]) -> Rows:
    """Set the accuracies with resized digits beside those with padded ones."""
    rows = [["Digits", "Seeds", "Training accuracy", "Test accuracy", "95 % interval"]]
    rows[0] += ["Range", f"Best epoch has {EARLIER_TEST.percent}"]
    for name, each in runs.items():
        train, test = (seeds.accuracies(each, split) for split in ("train", "val"))
        _, reached = seeds.picked(each)
        row = [name, len(each), train.percent, test.percent, test.interval_percent]
        rows.append([*row, between(test.ends), f"{reached} of {len(each)}"])
    added = gain(runs)
    points = [f"{signed(added.mean)} points", signed_between(added.interval)]
    row = ["difference, by seed", len(added.values), "–", *points]
    return [*rows, [*row, signed_between(added.ends), "–"]]

"""The losses over the epochs of the repeated run, and whether it over-fits."""

import numpy as np

from lenet.claims import Claim
from lenet.metrics import Repeated
from lenet.studies.statistics import Runs, change, draw_runs
from lenet.style import BLUE, GREY, VERMILION, label_losses, new_figure

NAMES = {"train": "Training", "val": "Test"}  # the test digits are scored as "val"


def curves(runs: Runs, split: str, key: str) -> np.ndarray:
    """Return the ``(runs, epochs)`` values of ``loss`` or ``num_correct``."""
    return np.array([[epoch[split][key] for epoch in run["history"]] for run in runs])


def rises(losses: np.ndarray) -> np.ndarray:
    """Count for each run the epochs after which a loss is higher than before."""
    return (np.diff(losses) > 0).sum(1)


def running_losses(runs: Runs) -> np.ndarray:
    """Return the ``(runs, epochs)`` training losses during the epoch."""
    return np.array([[each["running_loss"] for each in r["history"]] for r in runs])


def gaps(runs: Runs) -> np.ndarray:
    """Return by epoch the mean of test loss minus training loss, in nats per digit."""
    return (curves(runs, "val", "loss") - curves(runs, "train", "loss")).mean(0)


def since_lowest(runs: Runs) -> tuple[int, Repeated, Repeated]:
    """Return the epoch, from 1, of the lowest mean test loss, and what is added later.

    That is the test loss, in nats per digit, and the errors, by seed. The epoch is
    common to all seeds: one picked for each seed would be a lucky one.
    """
    loss, right = (curves(runs, "val", key) for key in ("loss", "num_correct"))
    lowest = loss.mean(0).argmin()
    added = loss[:, -1] - loss[:, lowest], right[:, lowest] - right[:, -1]
    return int(lowest) + 1, *(Repeated(tuple(each.tolist())) for each in added)


def since_own_lowest(runs: Runs) -> Repeated:
    """Return the errors that are added after each seed's own lowest test loss."""
    loss, right = (curves(runs, "val", key) for key in ("loss", "num_correct"))
    lowest = loss.argmin(1, keepdims=True)
    added = np.take_along_axis(right, lowest, 1)[:, 0] - right[:, -1]
    return Repeated(tuple(added.tolist()))


def claims(runs: Runs) -> list[Claim]:
    """Judge the curves that the earlier report draws, and both over-fittings."""
    epoch, loss, errors = since_lowest(runs)
    return [
        _falls("training", running_losses(runs)),
        _falls("validation", curves(runs, "val", "loss")),
        _no_overfitting("loss", loss, 4, f"nats per digit from epoch {epoch} on"),
        _no_overfitting("errors", errors, 0, f"errors from epoch {epoch} on"),
    ]


def _falls(name: str, losses: np.ndarray) -> Claim:
    num, never = len(losses), int((rises(losses) == 0).sum())
    return Claim(
        f"The {name} loss decreases steadily.",
        f"never rises on {never} of {num} seeds",
        "on more than half of the seeds the curve that was drawn never rises from one "
        "epoch to the next",
        holds=never > num / 2,
        runs=f"{num} seeds",
    )


def _no_overfitting(sense: str, added: Repeated, decimals: int, what: str) -> Claim:
    return Claim(
        f"There is no over-fitting in the sense of the {sense}.",
        f"{change(added.mean, added.interval, decimals, '')} {what}",
        "no rise on the test digits is shown from the epoch of the lowest mean test "
        "loss to the last: the 95 % interval, paired by seed, reaches 0",
        holds=added.interval[0] <= 0,
        words=("no rise seen", "does not hold"),
        runs=f"{len(added.values)} seeds",
    )


def bands(runs: Runs):
    """Draw the losses over epochs: mean and range over the seeds."""
    train, test = (curves(runs, split, "loss") for split in NAMES)
    during, epochs = running_losses(runs), range(1, 1 + test.shape[1])
    with new_figure(3.0) as (figure, ((axes,),)):
        draw_runs(axes, epochs, during, "^:", GREY, "training, during the epoch")
        draw_runs(axes, epochs, train, "o-", BLUE, "training, after the epoch")
        draw_runs(axes, epochs, test, "s--", VERMILION, "test, after the epoch")
        label_losses(axes)
    low, last = test.mean(0).min(), test.mean(0)[-1]
    return figure, (
        f"Line chart of losses over {len(epochs)} epochs, means in the range of "
        f"{len(runs)} seeds. Training loss falls to {train.mean(0)[-1]:.3f} nats per "
        f"digit; test loss falls to {low:.3f} and ends at {last:.3f}."
    )

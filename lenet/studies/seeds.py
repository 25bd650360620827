"""The run of the earlier report, repeated with other random seeds."""

from dataclasses import asdict, replace

import numpy as np

from lenet.claims import EARLIER_TEST, EARLIER_TRAIN, Claim, judge_losses
from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.figures import BLUE, GREY, VERMILION, Rows, label_losses, new_figure
from lenet.fit import fit
from lenet.metrics import Repeated
from lenet.predict import predict
from lenet.studies.statistics import (
    Runs,
    between,
    draw_runs,
    misread,
    rates,
    times_misread,
)
from lenet.train import EpochRecord

QUESTION = "What does another random seed change?"
NUM_SEEDS = 20
NAMES = {"train": "Training", "val": "Test"}  # the test digits are scored as "val"
CLAIMED = {"train": EARLIER_TRAIN, "val": EARLIER_TEST}


def members() -> list[dict]:
    """One run for each seed."""
    return [{"seed": seed} for seed in range(NUM_SEEDS)]


def run(seed: int, dataset: Dataset | None = None) -> dict:
    """Train as the earlier report did; keep losses and every misread test digit."""
    config, dataset = Config(seed=seed), dataset or load_dataset("mnist")
    test = dataset.read_test()
    model, history = fit(config, dataset.train, test, print_every=0)
    return {
        "config": asdict(config),
        "history": [asdict(record) for record in history],
        "num_test": len(test),
        "misread": misread(predict(model, test.images).labels, test.labels),
    }


def accuracies(runs: Runs, split: str) -> Repeated:
    """Return the accuracy of each run after its last epoch, on "train" or "val"."""
    last = [run["history"][-1][split] for run in runs]
    return rates((s["num_correct"] for s in last), (s["num_examples"] for s in last))


def spread(runs: Runs) -> dict[str, float]:
    """Compare seed-to-seed variation with test-set sampling error.

    Returns:
        Standard deviations in points: from seed to seed; the same if each digit were
        misread independently of the others; and of one run from one test set of this
        size to another.
    """
    num, num_test = len(runs), runs[0]["num_test"]
    errors = rates((len(run["misread"]) for run in runs), [num_test] * num)
    share = np.array(list(times_misread(runs).values())) / num
    variances = share * (1 - share) * num / (num - 1)  # of each digit, over the seeds
    rate = errors.mean / 100
    return {
        "seeds": errors.sd,
        "independent": 100 * float(variances.sum()) ** 0.5 / num_test,
        "test set": 100 * (rate * (1 - rate) / num_test) ** 0.5,
    }


def curves(runs: Runs, split: str, key: str) -> np.ndarray:
    """Return the ``(runs, epochs)`` values of ``loss`` or ``num_correct``."""
    return np.array([[epoch[split][key] for epoch in run["history"]] for run in runs])


def overfitting(runs: Runs) -> dict[str, float]:
    """Follow gap, loss and errors over the epochs: nats, epochs from 1, per cent."""
    train, test = (curves(runs, split, "loss") for split in NAMES)
    gap, loss, lowest = (test - train).mean(0), test.mean(0), test.argmin(1) + 1
    errors = runs[0]["num_test"] - curves(runs, "val", "num_correct").mean(0)
    best = loss.argmin()
    return {
        "first gap": gap[0],
        "last gap": gap[-1],
        "earliest": lowest.min(),
        "latest": lowest.max(),
        "best epoch": best + 1,
        "more loss": 100 * (loss[-1] / loss[best] - 1),
        "more errors": 100 * (errors[-1] / errors[best] - 1),
    }


def claims(runs: Runs) -> list[Claim]:
    """Judge the accuracies and the losses of the earlier report."""
    return [
        _repeats(runs, "train", "training"),
        _repeats(runs, "val", "validation"),
        *loss_claims(runs),
    ]


def loss_claims(runs: Runs) -> list[Claim]:
    """Judge each seed by the rules for one run; most of the seeds decide."""
    histories = [[EpochRecord.fromdict(each) for each in r["history"]] for r in runs]
    judged = [judge_losses(history) for history in histories]
    return [_on_most_seeds(each) for each in zip(*judged, strict=True)]


def _repeats(runs: Runs, split: str, name: str) -> Claim:
    found, claimed = accuracies(runs, split), CLAIMED[split]
    low, high = found.prediction_interval
    return Claim(
        f"The {name} accuracy is {claimed.percent}.",
        f"mean {found.mean:.2f} %, prediction interval {between((low, high))}",
        "it lies in the 95 % prediction interval for one more seed",
        holds=low <= 100 * claimed.rate <= high,
        runs=f"{len(runs)} seeds",
    )


def _on_most_seeds(judged: tuple[Claim, ...]) -> Claim:
    num, holding = len(judged), sum(claim.holds for claim in judged)
    return replace(
        judged[0],
        measured=f"holds on {holding} of {num} seeds",
        rule=f"on more than half of the seeds {judged[0].rule}",
        holds=holding > num / 2,
        runs=f"{num} seeds",
    )


def accuracy_table(runs: Runs) -> Rows:
    """Summarise the last epoch over seeds; rank the earlier report's numbers."""
    rows = [["Accuracy", "Mean", "95 % interval", "SD", "Range", "Earlier report"]]
    rows[0].append("Seeds below it")
    for split, name in NAMES.items():
        found, claimed = accuracies(runs, split), CLAIMED[split]
        below = sum(value < 100 * claimed.rate for value in found.values)
        numbers = [f"{found.mean:.2f} %", between(found.interval), f"{found.sd:.3f}"]
        ends = between((min(found.values), max(found.values)))
        rows.append([name, *numbers, ends, claimed.percent, f"{below} of {len(runs)}"])
    return rows


def accuracy_strips(runs: Runs):
    """Draw every seed's training and test accuracy beside the earlier report's."""
    heights = np.random.default_rng(0).uniform(0.2, 1, len(runs))  # keep dots apart
    words = []
    with new_figure(3.2, 2) as (figure, grid):
        for axes, (split, name) in zip(grid.flat, NAMES.items(), strict=True):
            found, claimed = accuracies(runs, split), CLAIMED[split]
            axes.plot(found.values, heights, "o", color=BLUE, alpha=0.75, mec="none")
            half = found.interval[1] - found.mean
            axes.errorbar(found.mean, 0, xerr=half, fmt="D", color="black", capsize=3)
            axes.axvline(100 * claimed.rate, color=VERMILION, ls="--")
            axes.set(ylim=(-0.4, 1.2), yticks=[], xlabel=f"{name} accuracy (%)")
            axes.spines["left"].set_visible(False)
            words.append(f"{name} {found.mean:.2f} %, earlier report {claimed.percent}")
        half = 1.96 * spread(runs)["test set"]
        axes.axvspan(found.mean - half, found.mean + half, color=GREY, alpha=0.15, lw=0)
    alt = f"Two strips of {len(runs)} dots, the accuracies of the seeds. Mean: "
    return figure, f"{alt}{'; '.join(words)}."


def loss_bands(runs: Runs):
    """Draw the losses over epochs: mean and range over the seeds."""
    train, test = (curves(runs, split, "loss") for split in NAMES)
    epochs = range(1, 1 + test.shape[1])
    with new_figure(3.0) as (figure, ((axes,),)):
        draw_runs(axes, epochs, train, "o-", BLUE, "training, after the epoch")
        draw_runs(axes, epochs, test, "s--", VERMILION, "test, after the epoch")
        label_losses(axes)
    low, last = test.mean(0).min(), test.mean(0)[-1]
    return figure, (
        f"Line chart of losses over {len(epochs)} epochs, means in the range of "
        f"{len(runs)} seeds. Training loss falls to {train.mean(0)[-1]:.3f} nats per "
        f"digit; test loss falls to {low:.3f} and ends at {last:.3f}."
    )

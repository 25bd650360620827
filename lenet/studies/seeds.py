"""The run of the earlier report, repeated with other random seeds."""

from dataclasses import asdict

import numpy as np
from scipy import stats

from lenet.claims import EARLIER_TEST, EARLIER_TRAIN, Claim, below, repeats
from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.figures import BLUE, GREY, VERMILION, Rows, label_losses, new_figure
from lenet.fit import fit
from lenet.metrics import Repeated
from lenet.predict import predict
from lenet.studies.statistics import Runs, between, change, draw_runs, misread, rates

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


def accuracies(runs: Runs, split: str, epoch: int = 0) -> Repeated:
    """Return each run's accuracy on "train" or "val" after an epoch; 0 is the last."""
    scores = [run["history"][epoch - 1][split] for run in runs]
    return rates((s["num_correct"] for s in scores), scores[0]["num_examples"])


def one_more(seeds: Repeated, value: float) -> float:
    """Return how likely one more seed is at least as far from the mean as a value."""
    num = len(seeds.values)
    distance = abs(value - seeds.mean) / (seeds.sd * (1 + 1 / num) ** 0.5)
    return float(2 * stats.t.sf(distance, num - 1))


def sampling_error(runs: Runs) -> float:
    """Return a run's standard deviation over test sets of this size, in points."""
    rate = accuracies(runs, "val").mean / 100
    return 100 * (rate * (1 - rate) / runs[0]["num_test"]) ** 0.5


def scatter(runs: Runs, num_last: int = 5) -> dict[str, float]:
    """Split the test accuracies of the last epochs by seed and by epoch.

    Returns:
        Standard deviations in points: of the ``last`` epoch; of each seed's ``mean``
        over the last epochs; of an ``epoch`` about its seed's level; and of these
        levels of the ``seed``. The ``p`` of equal levels, by analysis of variance; and
        ``r``, the correlation of the last epoch with the mean of those before it.
    """
    late = 100 * curves(runs, "val", "num_correct")[:, -num_last:] / runs[0]["num_test"]
    left, free = late - late.mean(0), len(late) - 1
    levels = left.mean(1)
    between_seeds = num_last * levels.var(ddof=1)
    within = ((left.T - levels) ** 2).sum() / (free * (num_last - 1))
    return {
        "last": late[:, -1].std(ddof=1),
        "mean": late.mean(1).std(ddof=1),
        "epoch": within**0.5,
        "seed": (max(0, between_seeds - within) / num_last) ** 0.5,
        "p": stats.f.sf(between_seeds / within, free, free * (num_last - 1)),
        "r": np.corrcoef(late[:, -1], late[:, :-1].mean(1))[0, 1],
    }


def picked(runs: Runs) -> tuple[Repeated, int]:
    """Return the points that picking the best epoch by the test digits would add.

    Also how many seeds would then reach the accuracy of the earlier report.
    """
    right = curves(runs, "val", "num_correct")
    best, last, num_test = right.max(1), right[:, -1], runs[0]["num_test"]
    return rates(best - last, num_test), int((best >= EARLIER_TEST.count).sum())


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


def claims(runs: Runs) -> list[Claim]:
    """Judge the accuracies and the losses of the earlier report."""
    train, test = (accuracies(runs, split) for split in NAMES)
    judged = repeats("training", EARLIER_TRAIN, train)
    return [judged, repeats("validation", EARLIER_TEST, test), *loss_claims(runs)]


def loss_claims(runs: Runs) -> list[Claim]:
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


def accuracy_table(runs: Runs) -> Rows:
    """Summarise the last epoch over seeds; rank the earlier report's numbers."""
    rows = [["Accuracy", "Mean", "95 % interval", "SD", "Range", "Earlier report"]]
    rows[0].append("Seeds below it")
    for split, name in NAMES.items():
        found, claimed = accuracies(runs, split), CLAIMED[split]
        numbers = [f"{found.mean:.2f} %", between(found.interval), f"{found.sd:.3f}"]
        ends = between((min(found.values), max(found.values)))
        rows.append([name, *numbers, ends, claimed.percent, below(claimed, found)])
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
            axes.axvspan(*found.prediction_interval, color=GREY, alpha=0.15, lw=0)
            axes.set(ylim=(-0.4, 1.2), yticks=[], xlabel=f"{name} accuracy (%)")
            axes.spines["left"].set_visible(False)
            words.append(f"{name} {found.mean:.2f} %, earlier report {claimed.percent}")
    alt = f"Two strips of {len(runs)} dots, the accuracies of the seeds. Mean: "
    return figure, f"{alt}{'; '.join(words)}."


def loss_bands(runs: Runs):
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

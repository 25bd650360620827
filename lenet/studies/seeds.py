"""The run of the earlier report, repeated with other random seeds."""

from dataclasses import asdict

import numpy as np
from scipy import stats

from lenet.claims import EARLIER_TEST, EARLIER_TRAIN, Claim, below, repeats
from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.fit import fit
from lenet.metrics import Repeated
from lenet.predict import predict
from lenet.studies import losses
from lenet.studies.losses import NAMES, curves
from lenet.studies.statistics import Runs, between, misread, rates
from lenet.style import BLUE, GREY, VERMILION, Rows, new_figure

QUESTION = "What does another random seed change?"
CLAIMED = {"train": EARLIER_TRAIN, "val": EARLIER_TEST}
MEMBERS = [{"seed": seed} for seed in range(20)]


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


def one_more(seeds: Repeated, value: float, sd: float = 0) -> float:
    """Return how likely one more seed is at least as far from the mean as a value.

    By the standard deviation of these runs, or by another one that is known.
    """
    num = len(seeds.values)
    distance = abs(value - seeds.mean) / ((sd or seeds.sd) * (1 + 1 / num) ** 0.5)
    return float(2 * stats.t.sf(distance, num - 1))


def sampling_error(runs: Runs) -> float:
    """Return a run's standard deviation over test sets of this size, in points."""
    rate = accuracies(runs, "val").mean / 100
    return 100 * (rate * (1 - rate) / runs[0]["num_test"]) ** 0.5


def scatter(runs: Runs, num_last: int = 5) -> dict[str, float]:
    """Split the test accuracies of the last epochs by seed and by epoch.

    Returns:
        Standard deviations in points: of the ``last`` epoch; of these epochs
        ``pooled``, each about its mean over the seeds; of each seed's ``mean``
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
        "pooled": late.var(0, ddof=1).mean() ** 0.5,
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


def claims(runs: Runs) -> list[Claim]:
    """Judge the accuracies and the losses of the earlier report."""
    train, test = (accuracies(runs, split) for split in NAMES)
    judged = repeats("training", EARLIER_TRAIN, train)
    return [judged, repeats("validation", EARLIER_TEST, test), *losses.claims(runs)]


def accuracy_table(runs: Runs) -> Rows:
    """Summarise the last epoch over seeds; rank the earlier report's numbers."""
    rows = [["Accuracy", "Mean", "95 % interval", "SD", "Range", "Earlier report"]]
    rows[0].append("Seeds below it")
    for split, name in NAMES.items():
        found, claimed = accuracies(runs, split), CLAIMED[split]
        row = [name, found.percent, found.interval_percent, f"{found.sd:.3f}"]
        row += [between(found.ends), claimed.percent, below(claimed, found)]
        rows.append(row)
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
            words.append(f"{name} {found.percent}, earlier report {claimed.percent}")
    alt = f"Two strips of {len(runs)} dots, the accuracies of the seeds. Mean: "
    return figure, f"{alt}{'; '.join(words)}."

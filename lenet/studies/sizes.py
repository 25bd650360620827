"""Fewer training digits, as in the paper's Fig. 6."""

from dataclasses import asdict, replace

import numpy as np
from matplotlib.axes import Axes

from lenet.annotations import NUM_TEST, curves_1998
from lenet.claims import Claim
from lenet.config import Config
from lenet.data import Dataset, load_dataset, split_train_val
from lenet.fit import fit
from lenet.metrics import Repeated
from lenet.studies.runner import results
from lenet.studies.statistics import Runs, change, count_errors, rates, welch_interval
from lenet.style import BLUE, GREY, VERMILION, Rows, new_figure

QUESTION = "How many training digits does it take?"
SIZES = (1_000, 3_000, 10_000, 15_000, 30_000)
MIN_UPDATES = 5_000  # with a few digits, 15 epochs are too few updates to learn
# All 60,000 digits are in the study of seeds.
MEMBERS = [{"seed": seed, "num_train": size} for size in SIZES for seed in range(3)]


def run(seed: int, num_train: int, dataset: Dataset | None = None) -> dict:
    """Train on some digits, drawn at random; score them and the test digits."""
    dataset = dataset or load_dataset("mnist")
    _, train = split_train_val(dataset.train, num_train, seed)
    base = Config(seed=seed)
    epochs = -(-MIN_UPDATES * base.batch_size // num_train)
    config = replace(base, num_epochs=max(base.num_epochs, epochs))
    model, _ = fit(config, train, train[:1], score_train=False, print_every=0)
    counts = count_errors(model, train=train, test=dataset.read_test())
    return {"config": asdict(config)} | counts


def claim(stored_sizes: dict, stored_seeds: dict) -> Claim:
    """Ask whether the last doubling of the training digits still lowers the error."""
    today = errors_today(stored_sizes, stored_seeds)
    half, full = today[30_000], today[60_000]
    interval = welch_interval(full, half)
    return Claim(
        "Twice as many training digits lower the error, at equal epochs.",
        f"from 30,000 to 60,000: {change(full.mean - half.mean, interval)}",
        "the error at 60,000 is lower than at 30,000, the 95 % interval without 0",
        holds=interval[1] < 0,
        source="after the paper, III-B",
        runs=f"{len(half.values)} and {len(full.values)} seeds",
    )


def errors_today(stored_sizes: dict, stored_seeds: dict) -> dict[int, Repeated]:
    """Return test error rates by number of training digits; all are in `seeds`."""
    return errors_by_size(stored_sizes) | {60_000: _rates(results(stored_seeds))}


def errors_by_size(stored: dict, **wanted) -> dict[int, Repeated]:
    """Return the test error rates of a study by number of training digits."""
    sizes = sorted({each["member"]["num_train"] for each in stored["members"]})
    return {n: _rates(results(stored, num_train=n, **wanted)) for n in sizes}


def _rates(runs: Runs) -> Repeated:
    """Return the error rates of runs that store a count or the digits misread."""
    counts = (r["test"]["count"] if "test" in r else len(r["misread"]) for r in runs)
    return rates(counts, NUM_TEST)


def learning_curve(today: dict[int, Repeated], replicated: dict[int, Repeated]):
    """Draw test errors over the number of training digits, today and in 1998."""
    paper = curves_1998()["fig6"]
    with new_figure(3.3) as (figure, ((axes,),)):
        _draw(axes, today, "LeNet-5 of today", "o-", BLUE)
        _draw(axes, replicated, "network of 1998, trained here", "s--", VERMILION)
        style = {"color": GREY, "mfc": "none", "label": "paper's Fig. 6"}
        axes.plot(paper["train_size"], paper["test_error"], "D:", **style)
        axes.set(xscale="log", xlabel="Training digits, log scale")
        axes.set(yscale="log", ylabel="Test error rate (%), log scale")
        axes.set_xticks(list(today), [f"{size:,}" for size in today])
        axes.set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
        axes.minorticks_off()
        axes.legend(frameon=False)
    first, last = min(today), max(today)
    return figure, (
        f"Line chart of the mean test error over the number of training digits. It "
        f"falls from {today[first].percent} with {first:,} to {today[last].percent} "
        f"with {last:,}; that of the network of 1998 ends at "
        f"{replicated[last].percent}."
    )


def _draw(axes: Axes, errors: dict[int, Repeated], label: str, line: str, color: str):
    """Draw means with their 95 % intervals, and each run as a small dot."""
    runs = [(size, value) for size, each in errors.items() for value in each.values]
    axes.plot(*zip(*runs, strict=True), ".", color=color, ms=3, alpha=0.5)
    means = [each.mean for each in errors.values()]
    bars = abs(np.transpose([each.interval for each in errors.values()]) - means)
    axes.errorbar(
        [*errors], means, bars, fmt=line, color=color, label=label, capsize=2.5
    )


def table(today: dict[int, Repeated], replicated: dict[int, Repeated]) -> Rows:
    """List test errors by number of training digits, today and in 1998."""
    paper = curves_1998()["fig6"]
    printed = dict(zip(paper["train_size"], paper["test_error"], strict=True))
    rows = [["Training digits", "Seeds", "Test error", "95 % interval"]]
    rows[0] += ["Network of 1998, here", "Paper, Fig. 6"]
    for size, error in today.items():
        here = replicated[size].percent if size in replicated else "–"
        then = f"{printed[size]:.2f} %" if size in printed else "–"
        row = [f"{size:,}", len(error.values), error.percent, error.interval_percent]
        rows.append([*row, here, then])
    return rows

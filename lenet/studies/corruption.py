"""Networks trained on clean or distorted digits, scored on corrupted test digits."""

from dataclasses import asdict

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from lenet.claims import CORRUPTION_RATIO, Claim, listed
from lenet.config import Config
from lenet.corruptions import NOISES, VARIATIONS, corrupt
from lenet.data import Dataset, Digits, load_dataset
from lenet.fit import fit
from lenet.metrics import Repeated
from lenet.predict import errors
from lenet.studies.runner import results
from lenet.studies.statistics import Runs, draw_runs, welch_interval
from lenet.style import BLUE, VERMILION, Rows, draw, new_figure

QUESTION = "Which corruptions does LeNet-5 withstand, and what does training add?"
DISTORTION = {"clean": 0.0, "distorted": 1.0}  # strength, by kind of training
NAMES = {"clean": "trained on clean digits", "distorted": "trained with distortions"}
SHIFTS = (-8, -6, -4, -2, 0, 2, 4, 6, 8)
CORRUPTIONS = {  # unit, and levels; one of them leaves the digits as they are
    "inverted pixels": ("share", (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)),
    "Gaussian noise": ("SD, ink is 1", (0, 0.1, 0.2, 0.3, 0.4, 0.6)),
    "blur": ("SD, pixels", (0, 0.5, 1, 1.5, 2, 2.5)),
    "rotation": ("degrees left", (-45, -30, -15, 0, 15, 30, 45)),
    "shift right": ("pixels", SHIFTS),
    "shift down": ("pixels", SHIFTS),
    "size": ("factor", (0.5, 0.6, 0.75, 1, 1.25, 1.6, 2)),
    "slant": ("pixels right per row", (-0.9, -0.6, -0.3, 0, 0.3, 0.6, 0.9)),
    "stroke": ("pixels thicker", (-2, -1, 0, 1, 2, 3)),
}
UNCHANGED = {"size": 1}  # the level that leaves a digit as it is; of the others, 0
# Sec. III-E, which gives no number for what it calls accurate; the nearest levels.
PAPER = {
    "size": ("Sizes are read up to a factor of 2.", 0.5, 2),
    "shift down": ("Vertical shifts by half a character (10 pixels) are read.", -8, 8),
    "rotation": ("Rotations are read up to ±30 degrees.", -30, 30),
}
MEMBERS = [{"seed": seed, "trained": how} for seed in range(3) for how in DISTORTION]


def run(seed: int, trained: str, dataset: Dataset | None = None) -> dict:
    """Train as the earlier report did, or with distortions; count errors by level."""
    config = Config(seed=seed, distortion=DISTORTION[trained])
    dataset = dataset or load_dataset("mnist")
    train, test = dataset.train, dataset.read_test()
    model, _ = fit(config, train, train[:1], score_train=False, print_every=0)
    found = {}
    for name, (unit, levels) in CORRUPTIONS.items():
        images = (corrupt(test.images, name, level, seed) for level in levels)
        counts = [errors(model, Digits(each, test.labels)).count for each in images]
        found[name] = {"unit": unit, "levels": [*levels], "errors": counts}
    return {"config": asdict(config), "num_test": len(test), "corruptions": found}


def by_training(stored: dict) -> dict[str, Runs]:
    """Return the runs of each kind of training."""
    return {kind: results(stored, trained=kind) for kind in DISTORTION}


def level_errors(runs: Runs, name: str) -> np.ndarray:
    """Return the ``(runs, levels)`` error rates under a corruption, in per cent."""
    counts = [run["corruptions"][name]["errors"] for run in runs]
    return 100 * np.array(counts) / [[run["num_test"]] for run in runs]


def errors_at(runs: Runs, name: str, level: float) -> Repeated:
    """Return the error rate of each run, in per cent, at one level of a corruption."""
    index = runs[0]["corruptions"][name]["levels"].index(level)
    return Repeated(tuple(level_errors(runs, name)[:, index].tolist()))


def added(clean: Runs, distorted: Runs, name: str, level: float):
    """Return the points that training with distortions adds, and Welch's interval."""
    both = [errors_at(runs, name, level) for runs in (distorted, clean)]
    return both[0].mean - both[1].mean, welch_interval(*both)


def not_told(clean: Runs, distorted: Runs, *names: str) -> str:
    """List the levels of corruptions at which that interval includes 0."""
    found = []
    for name in names:
        for level in clean[0]["corruptions"][name]["levels"]:
            low, high = added(clean, distorted, name, level)[1]
            if low <= 0 <= high and level != UNCHANGED.get(name, 0):
                found.append(f"{name} {_minus(level)}")
    return listed(found)


def claims(stored: dict) -> list[Claim]:
    """Judge by clean training; set distorted training beside the paper's claims."""
    clean, distorted = by_training(stored).values()
    return [
        _read_right(clean, "under noise", NOISES),
        _read_right(clean, "in other styles of writing", VARIATIONS),
        *(_not_testable(distorted, name) for name in PAPER),
    ]


def _read_right(clean: Runs, circumstance: str, tried: dict) -> Claim:
    worst = max(tried.values(), key=lambda each: errors_at(clean, *each).mean)
    ratio = errors_at(clean, *worst).mean / errors_at(clean, "inverted pixels", 0).mean
    return Claim(
        f"Digits are read right {circumstance}.",
        f"of the levels that the first report tries the worst is "
        f"{_words(clean, *worst)}: errors multiply by {ratio:.1f}",
        f"mean errors stay below {CORRUPTION_RATIO:.0f} times those on clean digits at "
        "each level that the first report tries",
        holds=ratio < CORRUPTION_RATIO,
        source="our stronger reading",
        runs=f"{len(clean)} seeds",
    )


def _not_testable(distorted: Runs, name: str) -> Claim:
    """Say what was measured; no rule can judge a claim that gives no number."""
    text, *ends = PAPER[name]
    found = " and ".join(f"{errors_at(distorted, name, end).mean:.1f}" for end in ends)
    levels = f"{name} {' and '.join(map(_minus, ends))} ({CORRUPTIONS[name][0]})"
    return Claim(
        text,
        f"{found} % misread at {levels}, after training with distortions",
        rule="",
        holds=None,
        source="paper, III-E",
        runs=f"{len(distorted)} seeds",
    )


def _words(runs: Runs, name: str, level: float) -> str:
    return f"{name} {_minus(level)} ({runs[0]['corruptions'][name]['unit']})"


def _minus(level: float) -> str:
    return f"{level:g}".replace("-", "−")


def compared(name: str, level: float, decimals: int = 1, **trained: Runs) -> str:
    """Write the mean error rates of both kinds of training at one level."""
    rates = (errors_at(runs, name, level).mean for runs in trained.values())
    return " and ".join(f"{rate:.{decimals}f}" for rate in rates) + " %"


def paper_levels(clean: Runs, distorted: Runs) -> Rows:
    """List error rates at every level of the corruptions of which the paper speaks."""
    rows = [["Corruption", "Trained on clean digits", "Trained with distortions"]]
    for name in PAPER:
        for level in clean[0]["corruptions"][name]["levels"]:
            both = (errors_at(runs, name, level).mean for runs in (clean, distorted))
            rows.append([_words(clean, name, level), *(f"{e:.1f} %" for e in both)])
    return rows


def curves(digit: Tensor, clean: Runs, distorted: Runs):
    """Draw error rates over the levels of each corruption of a ``(32, 32)`` digit."""
    corruptions, kinds, highest = clean[0]["corruptions"], (clean, distorted), []
    with new_figure(7.6, 3, 3) as (figure, grid):
        for axes, (name, about) in zip(grid.flat, corruptions.items(), strict=True):
            levels, both = about["levels"], [level_errors(r, name) for r in kinds]
            draw_runs(axes, levels, both[0], "s--", VERMILION, NAMES["clean"], ms=3)
            draw_runs(axes, levels, both[1], "o-", BLUE, NAMES["distorted"], ms=3)
            _label_levels(axes, digit, name, about)
            tops = (f"{rates.mean(0).max():.0f}" for rates in both)
            highest.append(f"{name} {' and '.join(tops)}")
        for axes in grid[:, 0]:
            axes.set_ylabel("Error rate (%), log scale")
        lines = grid[0, 0].get_legend_handles_labels()
        figure.legend(*lines, loc="outside upper center", ncols=2, frameon=False)
    return figure, (
        f"Line charts of the error rate over the level of {len(highest)} corruptions. "
        "Highest mean error rates in per cent, trained on clean and on distorted "
        f"digits: {'; '.join(highest)}."
    )


def _label_levels(axes: Axes, digit: Tensor, name: str, about: dict) -> None:
    """Set title and axes; below them, show the digit corrupted to each level."""
    levels = about["levels"]
    axes.set(title=name, yscale="log", ylim=(0.3, 100))
    axes.yaxis.set_major_formatter("{x:g}")
    if name == "size":
        axes.set_xscale("log", base=2)
        axes.set_xticks([0.5, 1, 2], ["0.5", "1", "2"])
    axes.tick_params(axis="x", labelsize=6)
    below = axes.inset_axes((0, -0.36, 1, 0.22), anchor="N")
    digits = [corrupt(digit[None], name, level)[0] for level in levels]
    draw(below, torch.cat(digits, 1), 0, 255)
    below.spines[:].set_visible(False)
    centres = range(16, 32 * len(levels), 32)
    below.set_xticks(centres, map(_minus, levels), fontsize=6)
    below.tick_params(axis="x", length=0, pad=1)
    below.set_xlabel(about["unit"])

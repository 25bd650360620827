"""Noise and variation: what is claimed, what was measured, and how it looks."""

import torch
from matplotlib.axes import Axes
from torch import Tensor

from lenet import claims
from lenet.distort import Hardship, hardships
from lenet.evidence import measure
from lenet.evidence.measure import Runs
from lenet.evidence.rules import Finding, number
from lenet.plots import BLUE, GREY, VERMILION, new_figure
from lenet.tables import Table

ACCURATE = 5.0  # per cent misread at most; the paper gives no number for "accurate"
NOISES = {"flips": (0.1,), "noise": (0.3,)}  # the levels tried in the first report
VARIATIONS = {"rotation": (-30, 30), "scale": (0.5,), "shift": (4,)}
PAPER = {  # sec. III-E, as near as the levels come: claim, hardship, levels
    "Sizes are read up to a factor of 2.": ("scale", (0.5, 2)),
    "Shifts down or up by half the character (10 pixels) are read.": ("drop", (-8, 8)),
    "Rotations are read up to ±30 degrees.": ("rotation", (-30, 30)),
}
SHORT_OF_CLAIM = {"drop"}  # measured to 8 pixels only: good reading would leave it open
OTHERS = {"scale": (0.75, 1.25), "drop": (-4, 4), "rotation": (-15, 15)}
STYLES = {
    "clean": {"color": VERMILION, "marker": "s", "linestyle": "--"},
    "distorted": {"color": BLUE, "marker": "o", "linestyle": "-"},
}


def findings(clean: Runs, distorted: Runs) -> list[Finding]:
    """Judge the seed report by clean-trained networks, the paper by the others."""
    return [
        hard_reading(clean, "in the presence of noise", NOISES),
        hard_reading(clean, "with variations in the writing style", VARIATIONS),
        *(invariance(distorted, claim, *where) for claim, where in PAPER.items()),
    ]


def hard_reading(clean: Runs, circumstance: str, levels: dict) -> Finding:
    """Ask whether errors stay below twice those on the digits as they are."""
    usual = measure.error_at(clean, "flips", 0)
    worst, name, level = max(
        (measure.error_at(clean, name, level) / usual, name, level)
        for name, tried in levels.items()
        for level in tried
    )
    return Finding(
        f"Digits are read right even {circumstance}.",
        "seed report",
        f"errors multiply by up to {worst:.1f}, at {_level(name, level)}",
        number(clean),
        f"mean errors stay below {claims.HARDSHIP_RATIO:.0f} times the usual ones",
        worst < claims.HARDSHIP_RATIO,
    )


def invariance(distorted: Runs, claim: str, name: str, levels: tuple) -> Finding:
    """Ask whether networks trained with distortions read accurately up to two levels.

    Where these fall short of the claim, good reading leaves it open.
    """
    errors = [measure.error_at(distorted, name, level) for level in levels]
    rates = " and ".join(f"{error:.1f} %" for error in errors)
    at = " and ".join(_level(name, level) for level in levels)
    reached = None if name in SHORT_OF_CLAIM else True
    return Finding(
        claim,
        "after paper, III-E",
        f"{rates} misread at {at}",
        number(distorted),
        f"networks trained with distortions misread at most {ACCURATE:.0f} % there",
        reached if max(errors) <= ACCURATE else False,
    )


def helped(clean: Runs, distorted: Runs, *, helps: bool) -> str:
    """List the hardships in which distorted training lowers the errors, or raises them.

    The errors are means over seeds and over all levels.
    """
    names = []
    for name, hard in hardships(0).items():
        before, after = (
            float(measure.hardship_errors(runs, name).mean())
            for runs in (clean, distorted)
        )
        if (after < before) == helps:
            names.append(
                hard.name if hard.name.startswith("Gauss") else hard.name.lower()
            )
    *first, last = dict.fromkeys(names or ["none"])
    return f"{', '.join(first)} and {last}" if first else last


def _level(name: str, level: float) -> str:
    units = {"scale": "×{:g}", "rotation": "{:+g}°", "drop": "{:+g} px down"}
    units |= {"shift": "{:+g} px right", "flips": "{:.0%} inverted"}
    return units.get(name, "SD {:g}").format(level).replace("-", "−").replace("%", " %")


def paper_levels(clean: Runs, distorted: Runs) -> Table:
    """List error rates where the paper says that reading is accurate, and half-way."""
    rows = []
    for claim, (name, levels) in PAPER.items():
        for level in sorted((*levels, *OTHERS[name])):
            errors = [
                measure.error_at(runs, name, level) for runs in (clean, distorted)
            ]
            rates = [f"{error:.1f} %" for error in errors]
            rows.append([claim.split(" ")[0], _level(name, level), *rates])
    header = ["Paper, sec. III-E", "Measured at", "Trained on digits as they are"]
    return Table(header=[*header, "Trained with distortions"], rows=rows, align="llrr")


def small_multiples(digit: Tensor, groups: dict[str, Runs], seed: int = 0):
    """Draw error rates over the levels of each hardship, with a digit at each level."""
    hard = hardships(seed)
    with new_figure(7.6, 3, 3) as (figure, grid):
        for axes, (name, each) in zip(grid.flat, hard.items(), strict=True):
            for kind, runs in groups.items():
                _curve(axes, measure.hardship_errors(runs, name), kind)
            _levels(axes, digit, each)
        for axes in grid[:, 0]:
            axes.set_ylabel("Error rate (%), log scale")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside upper center", ncols=2, frameon=False
        )
    worst = {
        kind: {
            name: float(measure.hardship_errors(runs, name).mean(0).max())
            for name in hard
        }
        for kind, runs in groups.items()
    }
    return figure, _words(hard, worst)


def _curve(axes: Axes, errors: Tensor, kind: str) -> None:
    places, label = range(errors.shape[1]), f"trained on {kind} digits"
    style = STYLES[kind]
    band = {"color": style["color"], "alpha": 0.2, "lw": 0}
    axes.fill_between(places, errors.amin(0), errors.amax(0), **band)
    axes.plot(places, errors.mean(0), markersize=3, label=label, **style)


def _levels(axes: Axes, digit: Tensor, hard: Hardship) -> None:
    """Set the axis of levels, with the digit at each of them below it."""
    num = len(hard.levels)
    axes.axhline(ACCURATE, color=GREY, lw=0.8, ls=":")
    axes.set(yscale="log", ylim=(0.3, 100), xlim=(-0.5, num - 0.5), title=hard.name)
    axes.set_yticks([1, 10, 100], ["1", "10", "100"])
    axes.set_xlabel(hard.unit, fontsize=8)
    names = [f"{level:g}".replace("-", "−") for level in hard.levels]
    axes.set_xticks(range(num), names, fontsize=6)
    axes.tick_params(axis="x", length=0, pad=22)
    strip = torch.cat([hard.change(digit[None], level)[0] for level in hard.levels], 1)
    below = axes.inset_axes((0, -0.24, 1, 0.22))
    below.imshow(
        strip.numpy(), cmap="gray_r", vmin=0, vmax=255, interpolation="nearest"
    )
    below.set_anchor("N")
    below.axis("off")


def _words(hard: dict[str, Hardship], worst: dict[str, dict[str, float]]) -> str:
    each = "; ".join(
        f"{hard[name].name.lower()} ({hard[name].unit}) "
        + " and ".join(f"{worst[kind][name]:.0f}" for kind in worst)
        for name in hard
    )
    return (
        f"Nine line charts of the error rate against the level of a hardship, for "
        f"networks trained on {' and on '.join(worst)} digits. Highest mean error "
        f"rates in per cent, in this order: {each}."
    )

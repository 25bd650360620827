"""The figures of calibration and of refusing: each with its alternative text."""

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from lenet.evidence import measure
from lenet.evidence.measure import Runs
from lenet.evidence.tables import REFUSED_1998
from lenet.plots import BLUE, GREY, VERMILION, new_figure

LEAST_SAID = 1e-7  # as near to certainty as the probabilities go, in 32 bits
NONE_FOUND = 1e-4  # where a bin without errors is drawn, on the logarithmic scale
KINDS = {
    "as_trained": ("as trained", VERMILION, "s--"),
    "scaled": ("after temperature scaling", BLUE, "o-"),
}


def reliability(writer: Runs):
    """Draw how often a network is wrong over how often it says so, bin by bin.

    Most digits are read with a confidence above 99.9 %; the logarithmic scales of
    *error* keep them apart, where the usual diagram piles them up in one corner.
    """
    words = []
    with new_figure(3.3) as (figure, ((axes,),)):
        axes.plot((NONE_FOUND, 1), (NONE_FOUND, 1), ":", color=GREY)
        axes.annotate("as often\nas it says", (0.04, 0.012), color="#555555")
        for kind, (label, color, line) in KINDS.items():
            said, found = _bins(writer, kind)
            shown = said.clamp(min=LEAST_SAID), found.clamp(min=NONE_FOUND)
            axes.plot(*shown, line, color=color, label=label)
            words.append(f"{label} {said[0]:.3f} and {found[0]:.3f}")
        _log_scales(axes)
        axes.legend(frameon=False)
    alt = (
        f"Line chart, both scales logarithmic, of the share of errors over the stated "
        f"probability of error, means of {len(writer)} seeds in 15 bins. In the least "
        f"sure bin, stated and found: {'; '.join(words)}."
    )
    return figure, alt


def _log_scales(axes: Axes) -> None:
    axes.set(xscale="log", yscale="log")
    axes.set(xlim=(LEAST_SAID / 2, 1), ylim=(NONE_FOUND / 2, 1))
    axes.set(xlabel="Stated probability of error, 1 − confidence (log scale)")
    axes.set(ylabel="Share of errors (log scale)")
    said = ["1 in 10⁷", "1 in 10⁶", "1 in 10⁵", "1 in 10⁴", "0.1 %", "1 %", "10 %"]
    axes.set_xticks([10.0**power for power in range(-7, 0)], said)
    axes.set_yticks([NONE_FOUND, 1e-3, 1e-2, 1e-1], ["none", "0.1 %", "1 %", "10 %"])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())


def _bins(writer: Runs, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return stated and found error of each bin, means over the seeds."""
    bins = [run[kind]["reliability"] for run in writer]
    said, right = (
        torch.tensor([each[name] for each in bins]).mean(0)
        for name in ("confidence", "accuracy")
    )
    return 1 - said, 1 - right


def rejection(writer: Runs, most: float = 6.0):
    """Draw the errors on what is left over the share of digits refused."""
    rates = measure.left_rates(writer, "as_trained")
    refused = torch.arange(rates.shape[1]) / 10  # per cent of 10,000 digits
    with new_figure(3.1) as (figure, ((axes,),)):
        low, high = rates.amin(0), rates.amax(0)
        axes.fill_between(refused, low, high, color=BLUE, alpha=0.25, lw=0)
        label = f"LeNet-5 of today, {len(writer)} seeds: mean and range"
        axes.plot(refused, rates.mean(0), "-", color=BLUE, label=label)
        axes.axhline(0.5, color=GREY, lw=0.8, ls=":")
        style = {"color": VERMILION, "markerfacecolor": "white", "linestyle": ""}
        style |= {"marker": "D", "label": "networks of the paper's Fig. 10"}
        networks = _networks()
        axes.plot(list(networks), [0.5] * len(networks), **style)
        for share, names in networks.items():
            free_below = float(rates.mean(0)[round(10 * share)]) > 0.5
            _name(axes, share, " and ".join(names), -1 if free_below else 1)
        axes.set(xlim=(0, most), ylim=(0, None))
        axes.set(xlabel="Digits refused (%)", ylabel="Error rate on the rest (%)")
        axes.legend(frameon=False)
    middle = rates.mean(0)
    alt = (
        f"Line chart of the error rate on the digits kept over the share refused: "
        f"{middle[0]:.2f} % with none refused, {middle[10]:.2f} % with 1 %, "
        f"{middle[50]:.2f} % with 5 %. Other networks of the paper are marked at 0.5 %."
    )
    return figure, alt


def _networks() -> dict[float, list[str]]:
    """Group the networks of the paper by the share that they refuse."""
    names: dict[float, list[str]] = {}
    for name, share in REFUSED_1998.items():
        names.setdefault(share, []).append(name)
    return names


def _name(axes: Axes, share: float, text: str, side: int) -> None:
    """Write a name above the mark or below it, where there is no curve."""
    style = {"rotation": 35 * side, "rotation_mode": "anchor", "fontsize": 8}
    style |= {"va": "center", "textcoords": "offset points"}
    axes.annotate(text, (share, 0.5), (4, 7 * side), **style)

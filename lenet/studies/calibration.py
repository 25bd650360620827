"""Is a probability of 99 % right 99 times in 100, and which digits to refuse?

Measured in the study of `writers`, on networks with writer-disjoint validation digits.
"""

import numpy as np

from lenet.claims import Claim
from lenet.metrics import Proportion, Repeated
from lenet.studies.probabilities import TARGET
from lenet.studies.statistics import Runs, between, draw_runs, rates
from lenet.style import BLUE, GREY, VERMILION, Rows, new_figure

REFUSED_1998 = {  # per cent of the digits, for 0.5 % errors on the rest (Fig. 10)
    "Boosted LeNet-4": 0.5,
    "LeNet-4/local": 1.4,
    "LeNet-4 and SVM": 1.8,
    "LeNet-1": 3.7,
}
KINDS = {"as_trained": "as trained", "scaled": "after temperature scaling"}
LEAST_STATED = 1e-7  # as near to certainty as 32-bit probabilities go
NONE_FOUND = 1e-4  # where a bin without errors is drawn, on the logarithmic scale


def temperatures(runs: Runs) -> Repeated:
    """Return the temperature fitted on the validation digits of each run."""
    return Repeated(tuple(run["temperature"] for run in runs))


def refused_shares(runs: Runs) -> Repeated:
    """Return the per cent of digits to refuse for the target, as trained."""
    counts = (run["as_trained"]["target"]["refused"] for run in runs)
    return rates(counts, runs[0]["test"]["total"])


def claim(runs: Runs) -> Claim:
    """Judge whether the probabilities need no temperature."""
    found = temperatures(runs)
    low, high = found.interval
    return Claim(
        "The probability above a digit is how often it is right.",
        f"temperature {found.mean:.2f} ({low:.2f} to {high:.2f})",
        "the 95 % interval of the best-fitting temperature includes 1",
        holds=low <= 1 <= high,
        source="our question",
        runs=f"{len(runs)} seeds",
    )


def calibration_table(runs: Runs) -> Rows:
    """Compare the probabilities before and after temperature scaling."""
    rows = [["Probabilities", "Temperature", "Loss (nats per digit)"]]
    rows[0].append("Calibration error (points)")
    used = 1, temperatures(runs).mean
    for (kind, name), temperature in zip(KINDS.items(), used, strict=True):
        loss = Repeated(tuple(run[kind]["negative_log_likelihood"] for run in runs))
        error = rates((run[kind]["reliability"]["error"] for run in runs), 1)
        row = [name, f"{temperature:.2f}"]
        row.append(f"{loss.mean:.4f} ({between(loss.interval, 4, '')})")
        rows.append([*row, f"{error.mean:.2f} ({between(error.interval, 2, '')})"])
    return rows


def refused_table(runs: Runs) -> Rows:
    """Set the share to refuse for 0.5 % errors beside the other networks of 1998."""
    rows = [["Network", "Source", "Refused for 0.5 % errors on the rest"]]
    rows += [[name, "paper, Fig. 10", f"{p:.1f} %"] for name, p in REFUSED_1998.items()]
    found, source = refused_shares(runs), f"here, mean of {len(runs)} seeds"
    ours = f"{found.percent} ({found.interval_percent})"
    return [*rows, ["LeNet-5 of today", source, ours]]


def reliability_diagram(runs: Runs):
    """Draw the share of errors over the stated probability of error, bin by bin.

    Most digits are read with a confidence above 99.9 %; the logarithmic scales of
    *error* keep them apart, where the usual diagram piles them up in one corner.
    """
    words, styles = [], (("s--", VERMILION), ("o-", BLUE))
    bar = [[0], [none_found(runs)[1] - NONE_FOUND]]
    with new_figure(3.3) as (figure, ((axes,),)):
        axes.plot((NONE_FOUND, 1), (NONE_FOUND, 1), ":", color=GREY)
        for (kind, name), (line, color) in zip(KINDS.items(), styles, strict=True):
            stated, found = _bins(runs, kind)
            seen = np.where(found > 0, found, np.nan)
            axes.plot(stated.T, seen.T, "-", color=color, lw=0.5, alpha=0.4)
            stated, found = stated.mean(0), found.mean(0)
            words.append(f"{name} {stated[0]:.3f} and {found[0]:.3f}")
            some = found > 0
            axes.plot(stated[some], found[some], line, color=color, label=name)
            none = np.full(sum(~some), NONE_FOUND)
            hollow = {"fmt": line[0], "color": color, "mfc": "white", "elinewidth": 0.7}
            axes.errorbar(stated[~some], none, bar, **hollow)
        axes.loglog()
        axes.set(xlim=(LEAST_STATED / 2, 1), ylim=(NONE_FOUND / 2, 1))
        axes.set_xlabel("Stated probability of error, 1 − confidence (log scale)")
        axes.set_ylabel("Share of errors (log scale)")
        axes.set_yticks(np.logspace(-4, -1, 4), ["none", "0.1 %", "1 %", "10 %"])
        axes.minorticks_off()
        axes.legend(frameon=False)
    return figure, (
        "Line chart, on log scales, of the share of errors over the stated probability "
        f"of error. Stated and found in the least confident of {len(stated)} bins: "
        f"{'; '.join(words)}."
    )


def _bins(runs: Runs, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the ``(runs, bins)`` probabilities of error, stated and found."""
    bins = [run[kind]["reliability"] for run in runs]
    stated = 1 - np.array([each["confidence"] for each in bins])
    return stated.clip(LEAST_STATED), 1 - np.array([each["accuracy"] for each in bins])


def none_found(runs: Runs) -> tuple[int, float]:
    """Count the bins without an error of any run, as trained; bound the rate there.

    The bound is Wilson's, for the readings of all runs.
    """
    num_bins = (_bins(runs, "as_trained")[1] == 0).all(0).sum()
    digits = sum(min(run["as_trained"]["reliability"]["count"]) for run in runs)
    return int(num_bins), Proportion(0, digits).interval[1]


def rejection(runs: Runs):
    """Draw the error rate on the digits kept over the share of digits refused."""
    curves = [run["as_trained"]["rejection"] for run in runs]
    refused, total = np.array(curves[0]["refused"]), runs[0]["test"]["total"]
    share = 100 * refused / total
    rates = 100 * np.array([each["errors"] for each in curves]) / (total - refused)
    names, places = zip(*REFUSED_1998.items(), strict=True)
    with new_figure(3.3) as (figure, ((axes,),)):
        label = f"LeNet-5 of today, {len(runs)} seeds: mean and range"
        draw_runs(axes, share, rates, "-", BLUE, label)
        axes.axhline(100 * TARGET, color=GREY, lw=0.8, ls=":")
        hollow = {"color": VERMILION, "mfc": "white", "label": "networks of 1998"}
        axes.plot(places, [100 * TARGET] * len(places), "D", **hollow)
        axes.set(xlim=(0, 6), xlabel="Digits refused (%)")
        axes.set(ylim=0, ylabel="Error rate on the rest (%)")
        axes.secondary_xaxis("top").set_xticks(places, names, rotation=25, ha="left")
        axes.legend(frameon=False)
    none, one, five = np.interp((0, 1, 5), share, rates.mean(0))
    return figure, (
        "Line chart of the error rate on the digits kept over the share refused: "
        f"{none:.2f} % with none refused, {one:.2f} % with 1 %, {five:.2f} % with 5 %."
    )

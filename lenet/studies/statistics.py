"""What the studies share: errors, their rates and spread, and how these are written."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from statistics import mode

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import f as fisher
from scipy.stats import ttest_ind
from torch import Tensor, nn

from lenet.data import Digits
from lenet.metrics import Repeated
from lenet.predict import errors

Runs = Sequence[dict]  # results of the members of a study


def rates(counts: Iterable[int], totals: Sequence[int] | int) -> Repeated:
    """Return the counts of runs in per cent of their totals, or of one for all."""
    return Repeated(tuple((100 * np.array([*counts]) / np.array(totals)).tolist()))


def count_errors(model: nn.Module, **parts: Digits) -> dict[str, dict]:
    """Count the errors on each part of the digits, ready for JSON."""
    return {name: asdict(errors(model, digits)) for name, digits in parts.items()}


def error_rates(runs: Runs, part: str) -> Repeated:
    """Return the error rate of each run on a part, from what `count_errors` gave."""
    parts = [run[part] for run in runs]
    return rates((p["count"] for p in parts), [p["total"] for p in parts])


def differences(ones: Repeated, others: Repeated) -> Repeated:
    """Return the differences of runs that belong together, seed by seed."""
    pairs = zip(ones.values, others.values, strict=True)
    return Repeated(tuple(one - other for one, other in pairs))


def welch_interval(ones: Repeated, others: Repeated) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two means.

    Source: Welch 1947, for runs that do not belong together.
    """
    test = ttest_ind(ones.values, others.values, equal_var=False)
    return tuple(map(float, test.confidence_interval()))


def spread_p(ones: Repeated, others: Repeated) -> float:
    """Return p of equal variances, by the two-sided F test."""
    free, others_free = len(ones.values) - 1, len(others.values) - 1
    below = fisher.cdf((ones.sd / others.sd) ** 2, free, others_free)
    return float(2 * min(below, 1 - below))


def misread(preds: Tensor, labels: Tensor) -> dict[str, int]:
    """Return what each misclassified digit was read as, by its index as in JSON."""
    both = enumerate(zip(preds.tolist(), labels.tolist(), strict=True))
    return {str(index): pred for index, (pred, label) in both if pred != label}


def times_misread(runs: Runs) -> Counter[int]:
    """Count the runs that misread each test digit, the most misread first."""
    counts = Counter(sorted(int(index) for run in runs for index in run["misread"]))
    return Counter(dict(counts.most_common()))


def errors_within(runs: Runs, indices: Collection[int]) -> Repeated:
    """Count the errors of each run among the test digits with the given indices."""
    return Repeated(tuple(sum(int(i) in indices for i in r["misread"]) for r in runs))


def commonest_answer(runs: Runs, index: int) -> int:
    """Return what most of the runs that misread a digit read it as."""
    return mode(r["misread"][str(index)] for r in runs if str(index) in r["misread"])


def signed(points: float, decimals: int = 2) -> str:
    """Write a difference with its sign, such as ``−0.16``."""
    return f"{points:+.{decimals}f}".replace("-", "−")


def between(bounds: tuple[float, float], decimals: int = 2, unit: str = " %") -> str:
    """Write an interval of rates, such as ``98.57–98.72 %``."""
    low, high = bounds
    return f"{low:.{decimals}f}–{high:.{decimals}f}{unit}"


def signed_between(bounds: tuple[float, float], decimals: int = 2) -> str:
    """Write an interval of differences, such as ``−0.39 to +0.17``."""
    return " to ".join(signed(bound, decimals) for bound in bounds)


def change(mean: float, bounds, decimals: int = 2, unit: str = " points") -> str:
    """Write a difference with its interval: ``−0.40 points (−1.01 to +0.21)``."""
    return f"{signed(mean, decimals)}{unit} ({signed_between(bounds, decimals)})"


def scientific(number: float, decimals: int = 0) -> str:
    """Write a number with a power of ten, such as ``7 × 10⁻⁵``."""
    mantissa, power = f"{number:.{decimals}e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} × 10{raised}"


def draw_runs(axes: Axes, places, values, line: str, color: str, label: str, **style):
    """Draw the mean of ``(runs, places)`` values, in a band from lowest to highest."""
    band = values.min(0), values.max(0)
    axes.fill_between(places, *band, color=color, alpha=0.2, lw=0)
    axes.plot(places, values.mean(0), line, color=color, label=label, **style)

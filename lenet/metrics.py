"""Counts first, rates from counts, and what a rate of so many examples is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, mode, stdev

import numpy as np
import torch
from scipy.stats import binomtest
from scipy.stats import t as student
from torch import Tensor

from lenet.data import NUM_CLASSES


@dataclass(frozen=True)
class Proportion:
    """A count out of a total, such as errors among test digits.

    Raises:
        ValueError: on construction, if the count is not between 0 and the total.
    """

    count: int
    total: int

    def __post_init__(self):
        if self.total < 1 or not 0 <= self.count <= self.total:
            raise ValueError(f"{self.count} of {self.total} is not a proportion")

    @property
    def rate(self) -> float:
        """The fraction, in [0, 1]."""
        return self.count / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval, in [0, 1]."""
        low, high = binomtest(self.count, self.total).proportion_ci(method="wilson")
        return float(low), float(high)

    @property
    def complement(self) -> "Proportion":
        """The others out of the total."""
        return Proportion(self.total - self.count, self.total)

    @property
    def percent(self) -> str:
        """The rate with two decimals, such as ``98.89 %``."""
        return f"{100 * self.rate:.2f} %"

    @property
    def interval_percent(self) -> str:
        """The interval with two decimals, such as ``98.67–99.08 %``."""
        low, high = self.interval
        return f"{100 * low:.2f}–{100 * high:.2f} %"

    def __str__(self) -> str:
        return (
            f"{self.percent} (95 % interval {self.interval_percent}, "
            f"{self.count:,} of {self.total:,})"
        )


@dataclass(frozen=True)
class Repeated:
    """One number from several runs that differ in their seed alone.

    Raises:
        ValueError: on construction, if there are fewer than two.
    """

    values: tuple[float, ...]

    def __post_init__(self):
        if len(self.values) < 2:
            raise ValueError(f"{len(self.values)} runs have no spread: give two")

    @property
    def mean(self) -> float:
        """The mean over the runs."""
        return fmean(self.values)

    @property
    def sd(self) -> float:
        """The standard deviation from run to run."""
        return stdev(self.values)

    @property
    def interval(self) -> tuple[float, float]:
        """Student's 95 % interval of the mean."""
        num = len(self.values)
        half = float(student.ppf(0.975, num - 1)) * self.sd / num**0.5
        return self.mean - half, self.mean + half


def welch_interval(ones: Repeated, others: Repeated) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two means.

    Source: Welch 1947, for runs that do not belong together.
    """
    parts = [each.sd**2 / len(each.values) for each in (ones, others)]
    freedoms = [len(each.values) - 1 for each in (ones, others)]
    total = sum(parts)
    freedom = total**2 / sum(p**2 / f for p, f in zip(parts, freedoms, strict=True))
    half = float(student.ppf(0.975, freedom)) * total**0.5
    return ones.mean - others.mean - half, ones.mean - others.mean + half


def signed(points: float) -> str:
    """Write a difference with its sign and two decimals, such as ``−0.16``."""
    return f"{points:+.2f}".replace("-", "−")


def scientific(number: float, decimals: int = 0) -> str:
    """Write a number with a power of ten, such as ``7 × 10⁻⁵``."""
    mantissa, power = f"{number:.{decimals}e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} × 10{raised}"


@dataclass(frozen=True)
class Scores:
    """What a model does on a set of examples.

    Args:
        loss: mean cross-entropy, in nats per example.
        num_correct: examples whose most probable class is their label.
        num_examples: all of them.
    """

    loss: float
    num_correct: int
    num_examples: int

    @property
    def accuracy(self) -> Proportion:
        """Correct examples out of all."""
        return Proportion(self.num_correct, self.num_examples)

    @property
    def errors(self) -> Proportion:
        """Wrong examples out of all."""
        return self.accuracy.complement


def misread(preds: Tensor | np.ndarray, labels: Tensor | np.ndarray) -> dict[str, int]:
    """Return what each misread digit was read as, by its index as in JSON."""
    both = enumerate(zip(preds.tolist(), labels.tolist(), strict=True))
    return {str(index): pred for index, (pred, label) in both if pred != label}


def commonest_misreading(runs: Sequence[dict[str, int]], index: int) -> int:
    """Return what most of the runs that misread a digit read it as.

    Args:
        runs: what each misread, as from :func:`misread`.
        index: of a digit that at least one of them misread.
    """
    return mode(run[str(index)] for run in runs if str(index) in run)


def confusion_matrix(labels: Tensor, preds: Tensor) -> Tensor:
    """Count examples by true label (row) and predicted class (column).

    Args:
        labels: ``(N,)`` int64 true classes.
        preds: ``(N,)`` int64 predicted classes.

    Returns:
        ``(10, 10)`` int64 counts.

    Raises:
        ValueError: if there is not one prediction per label.
    """
    if labels.shape != preds.shape:
        raise ValueError(f"{len(labels)} labels but {len(preds)} predictions")
    cells = torch.bincount(labels * NUM_CLASSES + preds, minlength=NUM_CLASSES**2)
    return cells.reshape(NUM_CLASSES, NUM_CLASSES)

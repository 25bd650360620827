"""Counts, the rates derived from them, and their 95 % intervals."""

from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.stats import binomtest
from scipy.stats import t as student


@dataclass(frozen=True)
class Proportion:
    """A count out of a total, such as errors among test digits."""

    count: int
    total: int

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
        counts = f"{self.count:,} of {self.total:,}"
        return f"{self.percent} (95 % interval {self.interval_percent}, {counts})"


@dataclass(frozen=True)
class Scores:
    """What a model does on a set of examples."""

    loss: float  # the criterion on all examples; cross-entropy in nats per example
    num_correct: int  # examples whose most probable class is their label
    num_examples: int  # those whose label is not ignored

    @property
    def accuracy(self) -> Proportion:
        """Correct examples out of all."""
        return Proportion(self.num_correct, self.num_examples)

    def __str__(self) -> str:
        return f"loss {self.loss:.4f}, accuracy {self.accuracy.percent}"


@dataclass(frozen=True)
class Repeated:
    """One number from two or more runs that differ in their seed alone."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over the runs."""
        return fmean(self.values)

    @property
    def sd(self) -> float:
        """The standard deviation from run to run."""
        return stdev(self.values)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return min(self.values), max(self.values)

    @property
    def interval(self) -> tuple[float, float]:
        """Student's 95 % interval of the mean."""
        return self._around_mean(1 / len(self.values))

    @property
    def prediction_interval(self) -> tuple[float, float]:
        """The interval in which one more run falls 95 times in 100."""
        return self._around_mean(1 + 1 / len(self.values))

    @property
    def percent(self) -> str:
        """The mean of rates in per cent, such as ``98.64 %``."""
        return f"{self.mean:.2f} %"

    @property
    def interval_percent(self) -> str:
        """The interval of that mean, such as ``98.57–98.72 %``."""
        low, high = self.interval
        return f"{low:.2f}–{high:.2f} %"

    def _around_mean(self, variances: float) -> tuple[float, float]:
        quantile = float(student.ppf(0.975, len(self.values) - 1))
        half = quantile * self.sd * variances**0.5
        return self.mean - half, self.mean + half

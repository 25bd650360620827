"""The claims of the earlier report, each with a rule and a verdict.

The earlier report is the written report that this project sets out to repeat. A rule
turns what was measured into a verdict and looks at nothing else.

One rule judges a reported accuracy in all reports: it is not excluded if it lies in the
95 % prediction interval (Student's) of runs that differ in their seed alone, those of
the study `seeds`; otherwise it is excluded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scipy.stats import hypergeom

from lenet.metrics import Proportion, Repeated
from lenet.train import EpochRecord

EARLIER_EPOCHS = 15
EARLIER_TRAIN = Proportion(59_838, 60_000)  # 99.73 %
EARLIER_TEST = Proportion(9_889, 10_000)  # 98.89 %, called validation accuracy
# Last epoch in the stored log of the notebook that the earlier report seems to follow.
NOTEBOOK_TRAIN = Proportion(59_862, 60_000)  # 99.77 %
NOTEBOOK_TEST = Proportion(9_872, 10_000)  # 98.72 %
PAPER_PASSES = 20
PAPER_TRAIN = Proportion(59_790, 60_000)  # 99.65 %, after 19 passes (sec. III-B)
PAPER_TEST_ERRORS = Proportion(95, 10_000)  # 0.95 %, undistorted (sec. III-B)

OVERFIT_RATIO = 2.0  # test loss over training loss at the end
CORRUPTION_RATIO = 2.0  # errors on corrupted digits over errors on clean ones


@dataclass(frozen=True)
class Claim:
    """What was claimed, what was measured, and whether it holds by a rule."""

    text: str  # the claim as a sentence
    measured: str
    rule: str  # what makes it hold
    holds: bool | None  # None where what was measured cannot tell
    source: str = "earlier report"
    runs: str = "1 run"  # what was measured, such as "20 seeds"
    topic: str = ""  # the claim in a few words, for lists
    words: tuple[str, str] = ("holds", "does not hold")

    @property
    def verdict(self) -> str:
        """The verdict in a word or three."""
        if self.holds is None:
            return "open"
        return self.words[0] if self.holds else self.words[1]


def repeats(name: str, claimed: Proportion, seeds: Repeated) -> Claim:
    """Judge a reported "training" or other accuracy by those of seeds, in per cent."""
    low, high = seeds.prediction_interval
    return Claim(
        f"The {name} accuracy is {claimed.percent}.",
        f"one more seed: {low:.2f}–{high:.2f} %; above {below(claimed, seeds)} seeds",
        "it lies in the 95 % prediction interval for one more seed",
        low <= 100 * claimed.rate <= high,
        runs=f"{len(seeds.values)} seeds",
        topic=f"the {name} accuracy",
        words=("not excluded", "excluded"),
    )


def below(accuracy: Proportion, seeds: Repeated) -> str:
    """Count the seeds that have less than an accuracy, such as ``14 of 20``."""
    percent = 100 * accuracy.count / accuracy.total
    return f"{sum(v < percent for v in seeds.values)} of {len(seeds.values)}"


def judge(
    history: Sequence[EpochRecord],
    test: Proportion,
    grid: Proportion,
    noisy: dict[str, Proportion],
    varied: dict[str, Proportion],
) -> list[Claim]:
    """Judge by one run the claims of the earlier report but for its accuracies.

    The proportions are of digits read right after the last epoch: all test digits,
    those of the grid that is shown, and the test digits under each kind of noise and
    each variation of the writing, by its name.
    """
    during = [record.running_loss for record in history]
    after = _num_rises([record.train.loss for record in history])
    val = [record.val.loss for record in history]
    return [
        _falls("training", during, f"during the epoch, and {after} after it"),
        _falls("validation", val, "after the epoch"),
        _no_overfitting(history),
        _all_right(grid, test),
        _reads("under noise", noisy, test),
        _reads("in other styles of writing", varied, test),
    ]


def topics(judged: Sequence[Claim], verdict: str) -> str:
    """List the claims that have a verdict, in words."""
    return listed([claim.topic for claim in judged if claim.verdict == verdict])


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence."""
    *first, last = names or ["none of them"]
    return f"{', '.join(first)} and {last}" if first else last


def _falls(name: str, losses: Sequence[float], when: str) -> Claim:
    num_rises = _num_rises(losses)
    return Claim(
        f"The {name} loss decreases steadily.",
        f"it rises {num_rises} of {len(losses) - 1} times, measured {when}",
        "the curve that was drawn never rises from one epoch to the next",
        num_rises == 0,
        topic=f"a steadily falling {name} loss",
    )


def _num_rises(losses: Sequence[float]) -> int:
    return sum(later > earlier for earlier, later in pairwise(losses))


def _no_overfitting(history: Sequence[EpochRecord]) -> Claim:
    gaps = [record.val.loss - record.train.loss for record in history]
    best, last = min(history, key=lambda record: record.val.loss), history[-1]
    ratio = last.val.loss / last.train.loss
    errors = [record.val.accuracy.complement.count for record in (best, last)]
    return Claim(
        "There is no over-fitting (of the loss).",
        f"at the end the test loss is {ratio:.1f} times the training loss; the gap "
        f"between them went from {gaps[0]:.3f} to {gaps[-1]:.3f} nats per digit; the "
        f"test errors went from {errors[0]} at the lowest test loss to {errors[1]}",
        f"the gap does not widen, or the ratio stays below {OVERFIT_RATIO:.0f}",
        gaps[-1] <= gaps[0] or ratio < OVERFIT_RATIO,
        topic="no over-fitting of the loss",
    )


def _all_right(grid: Proportion, test: Proportion) -> Claim:
    chance = hypergeom(test.total, test.complement.count, grid.total).pmf(0)
    return Claim(
        'All images in its grid are classified correctly, "even in the presence of '
        'noise and variations in the writing style".',
        f"{grid.count} of {grid.total} in our grid; as many drawn at random would all "
        f"be right with probability {chance:.2f}",
        "every digit of our grid is right",
        grid.count == grid.total,
        topic="a grid without a mistake",
    )


def _reads(
    circumstance: str, corrupted: dict[str, Proportion], test: Proportion
) -> Claim:
    clean = max(test.complement.count, 1) / test.total
    ratios = {name: each.complement.rate / clean for name, each in corrupted.items()}
    measured = "; ".join(f"{name} ×{ratio:.1f}" for name, ratio in ratios.items())
    return Claim(
        f"Digits are read right {circumstance} (our stronger reading).",
        f"errors multiply: {measured}",
        f"errors stay below {CORRUPTION_RATIO:.0f} times those on the clean digits",
        max(ratios.values()) < CORRUPTION_RATIO,
        source="our stronger reading",
        topic=f"reading right {circumstance}",
    )

"""The seed report's claims, each with a rule stated in advance and a verdict.

The seed report is the written report that this project sets out to repeat. A rule
turns what a run measured into a verdict; none of them looks at anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lenet.metrics import Proportion, difference_interval
from lenet.train import EpochRecord

SEED_REPORT_EPOCHS = 15
SEED_REPORT_TRAIN = Proportion(59_838, 60_000)  # 99.73 %
SEED_REPORT_TEST = Proportion(9_889, 10_000)  # 98.89 %, called validation accuracy
PAPER_TRAIN_ERROR = 0.0035  # after 19 passes (sec. III-B)
PAPER_TEST_ERRORS = Proportion(95, 10_000)  # 0.95 %, undistorted (sec. III-B)

TRAIN_TOLERANCE = 0.003  # single runs of this network differ by a few tenths of a point
OVERFIT_RATIO = 2.0  # test loss over training loss at the end
HARDSHIP_RATIO = 2.0  # errors on harder digits over errors on the digits as they are


@dataclass(frozen=True)
class Claim:
    """What was claimed, what was measured, and whether the claim holds by its rule."""

    claim: str
    measured: str
    rule: str
    holds: bool

    @property
    def verdict(self) -> str:
        """The verdict in a word."""
        return "holds" if self.holds else "does not hold"


def judge(
    history: Sequence[EpochRecord],
    test: Proportion,
    hard: dict[str, Proportion],
) -> list[Claim]:
    """Judge the seed report's claims by what a run measured.

    Args:
        history: one record per epoch, scored on training and test digits.
        test: correct test digits after the last epoch.
        hard: correct test digits under each kind of noise or variation, by name.
    """
    return [
        _train_accuracy(history),
        _test_accuracy(test),
        _falls("training", [record.train.loss for record in history]),
        _falls("validation", [record.val.loss for record in history]),
        _no_overfitting(history),
        *(_reads(name, count, test) for name, count in hard.items()),
    ]


def _train_accuracy(history) -> Claim:
    train = history[-1].train.accuracy
    return Claim(
        f"Training accuracy is {SEED_REPORT_TRAIN.percent}.",
        str(train),
        f"within {100 * TRAIN_TOLERANCE:.1f} points of it",
        abs(train.rate - SEED_REPORT_TRAIN.rate) <= TRAIN_TOLERANCE,
    )


def _test_accuracy(test: Proportion) -> Claim:
    low, high = difference_interval(test, SEED_REPORT_TEST)
    return Claim(
        f"Validation accuracy is {SEED_REPORT_TEST.percent}.",
        f"{test} on the same digits, the test digits",
        "the 95 % interval of the difference includes 0",
        low <= 0 <= high,
    )


def _falls(name: str, losses: Sequence[float]) -> Claim:
    steps = enumerate(pairwise(losses), start=2)
    rises = [str(epoch) for epoch, (before, after) in steps if after > before]
    where = f" (epochs {', '.join(rises)})" if rises else ""
    return Claim(
        f"The {name} loss falls steadily.",
        f"it rises {len(rises)} times in {len(losses) - 1} steps{where}",
        "it falls at every epoch",
        not rises,
    )


def _no_overfitting(history) -> Claim:
    first, last = history[0], history[-1]
    gaps = [record.val.loss - record.train.loss for record in (first, last)]
    ratio = last.val.loss / last.train.loss
    return Claim(
        "There is no over-fitting.",
        f"the test loss is {ratio:.1f} times the training loss at the end; the gap "
        f"between them goes from {gaps[0]:.3f} to {gaps[1]:.3f} nats per digit",
        f"the gap does not widen, or the ratio stays below {OVERFIT_RATIO:.0f}",
        gaps[1] <= gaps[0] or ratio < OVERFIT_RATIO,
    )


def _reads(name: str, hard: Proportion, test: Proportion) -> Claim:
    ratio = hard.complement.rate / max(test.complement.rate, 1 / test.total)
    return Claim(
        f"Digits are read right despite noise and style: {name}.",
        f"{ratio:.1f} times the errors: {hard}",
        f"fewer than {HARDSHIP_RATIO:.0f} times the errors on the digits as they are",
        ratio < HARDSHIP_RATIO,
    )

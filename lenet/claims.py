"""The claims of the earlier report, each with a rule stated in advance and a verdict.

The earlier report is the written report that this project sets out to repeat. A rule
turns what was measured into a verdict and looks at nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lenet.metrics import Proportion
from lenet.train import EpochRecord

EARLIER_EPOCHS = 15
EARLIER_TRAIN = Proportion(59_838, 60_000)  # 99.73 %
EARLIER_TEST = Proportion(9_889, 10_000)  # 98.89 %, called validation accuracy
PAPER_PASSES = 20
PAPER_TRAIN_ERROR = 0.0035  # after 19 passes (sec. III-B)
PAPER_TEST_ERRORS = Proportion(95, 10_000)  # 0.95 %, undistorted (sec. III-B)

# Of 100 pairs of seeds 99 differ by less: 2.58 x sqrt(2) standard deviations over the
# twenty seeds of the study `seeds`, rounded up to a tenth of a point.
TRAIN_TOLERANCE, TEST_TOLERANCE = 0.003, 0.006
OVERFIT_RATIO = 2.0  # test loss over training loss at the end
CORRUPTION_RATIO = 2.0  # errors on corrupted digits over errors on clean ones


@dataclass(frozen=True)
class Claim:
    """What was claimed, what was measured, and whether it holds by a rule.

    Args:
        text: the claim as a sentence.
        topic: the claim in a few words, for lists.
        measured: what the runs say of it.
        rule: what makes it hold.
        holds: whether it does; None where what was measured cannot tell.
        source: who claims it.
        runs: what was measured on, such as ``20 seeds``.
    """

    text: str
    measured: str
    rule: str
    holds: bool | None
    source: str = "earlier report"
    runs: str = "1 run"
    topic: str = ""

    @property
    def verdict(self) -> str:
        """The verdict in a word or three."""
        return {True: "holds", False: "does not hold", None: "open"}[self.holds]


def judge(
    history: Sequence[EpochRecord],
    test: Proportion,
    noisy: dict[str, Proportion],
    varied: dict[str, Proportion],
) -> list[Claim]:
    """Judge the claims of the earlier report by one run.

    Args:
        history: one record per epoch, scored on training and test digits.
        test: correct test digits after the last epoch.
        noisy: correct test digits under each kind of noise, by name.
        varied: correct test digits under each variation of the writing, by name.
    """
    train = history[-1].train.accuracy
    return [
        _repeats("training", train, EARLIER_TRAIN, TRAIN_TOLERANCE),
        _repeats("validation", test, EARLIER_TEST, TEST_TOLERANCE),
        *judge_losses(history),
        _reads("in the presence of noise", noisy, test),
        _reads("with variations in the writing style", varied, test),
    ]


def judge_losses(history: Sequence[EpochRecord]) -> list[Claim]:
    """Judge what the earlier report says of its losses, by the curves of one run."""
    during = [record.running_loss for record in history]
    after = [record.train.loss for record in history]
    return [
        _falls("training", {"during": during, "after": after}),
        _falls("validation", {"after": [record.val.loss for record in history]}),
        _no_overfitting(history),
    ]


def topics(judged: Sequence[Claim], *, holds: bool) -> str:
    """List the claims that hold, or those that do not, in words."""
    return listed([claim.topic for claim in judged if claim.holds is holds])


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence."""
    *first, last = names or ["none of them"]
    return f"{', '.join(first)} and {last}" if first else last


def _repeats(name: str, found: Proportion, claimed: Proportion, tolerance) -> Claim:
    return Claim(
        f"The {name} accuracy is {claimed.percent}.",
        f"the {name} accuracy",
        str(found),
        f"within {100 * tolerance:.1f} points of it, as runs of two seeds are",
        abs(found.rate - claimed.rate) <= tolerance,
    )


def _falls(name: str, curves: dict[str, Sequence[float]]) -> Claim:
    rises = {
        when: sum(later > earlier for earlier, later in pairwise(losses))
        for when, losses in curves.items()
    }
    steps = len(next(iter(curves.values()))) - 1
    return Claim(
        f"The {name} loss decreases steadily.",
        f"a steadily falling {name} loss",
        "; ".join(
            f"measured {when} the epoch it rises {num} of {steps} times"
            for when, num in rises.items()
        ),
        "it never rises from one epoch to the next",
        not any(rises.values()),
    )


def _no_overfitting(history: Sequence[EpochRecord]) -> Claim:
    first, last = (
        each.val.loss - each.train.loss for each in (history[0], history[-1])
    )
    ratio = history[-1].val.loss / history[-1].train.loss
    return Claim(
        "There is no over-fitting.",
        "no over-fitting",
        f"at the end the test loss is {ratio:.1f} times the training loss; the gap "
        f"between them went from {first:.3f} to {last:.3f} nats per digit",
        f"the gap does not widen, or the ratio stays below {OVERFIT_RATIO:.0f}",
        last <= first or ratio < OVERFIT_RATIO,
    )


def _reads(circumstance: str, corrupted: dict[str, Proportion], test) -> Claim:
    clean = max(test.complement.count, 1) / test.total
    ratios = {name: each.complement.rate / clean for name, each in corrupted.items()}
    return Claim(
        f"Digits are read right even {circumstance}.",
        f"reading right {circumstance}",
        "errors multiply: "
        + "; ".join(f"{name} ×{ratio:.1f}" for name, ratio in ratios.items()),
        f"errors stay below {CORRUPTION_RATIO:.0f} times those on the clean digits",
        max(ratios.values()) < CORRUPTION_RATIO,
    )

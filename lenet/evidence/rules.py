"""What makes a claim hold, said in advance: one function for each kind of claim.

A rule turns the results of a stored study into a finding and looks at nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lenet import claims
from lenet.evidence import measure
from lenet.evidence.measure import NUM_TEST, Runs
from lenet.history import NUM_STUDENT_TEST, errors_1998
from lenet.metrics import Proportion, Repeated, signed, welch_interval

TIMES_CHANCE = 10  # how often the digits of 1998 must recur, in multiples of chance


@dataclass(frozen=True)
class Finding:
    """A claim, what was measured, and whether it holds by a rule fixed in advance.

    Args:
        claim: as a sentence.
        source: who claims it.
        measured: what the study says of it.
        num: how many runs that is.
        rule: what makes it hold.
        holds: whether it does; None where what was measured cannot tell.
    """

    claim: str
    source: str
    measured: str
    num: str
    rule: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """The verdict in a word or three."""
        return {True: "holds", False: "does not hold", None: "open"}[self.holds]


def number(runs: Runs) -> str:
    """Say how many seeds there are."""
    return f"{len(runs)} seeds"


def repeats(seeds: Runs, split: str, name: str, claimed: Proportion) -> Finding:
    """Ask whether another seed could have given the accuracy of the seed report."""
    found = measure.final_accuracies(seeds, split)
    low, high = measure.one_more(found)
    return Finding(
        f"The {name} accuracy is {claimed.percent}.",
        "seed report",
        f"mean {found.mean:.2f} %, one more seed {low:.2f} to {high:.2f} %",
        number(seeds),
        "it lies where one more seed falls 95 times in 100",
        low <= 100 * claimed.rate <= high,
    )


def losses(seeds: Runs) -> list[Finding]:
    """Ask on how many seeds the claims on the loss curves hold, by their own rules."""
    return [_on_most_seeds(judged) for judged in measure.loss_claims(seeds)]


def _on_most_seeds(judged: Sequence[claims.Claim]) -> Finding:
    holding = sum(claim.holds for claim in judged)
    return Finding(
        judged[0].claim,
        "seed report",
        f"holds on {holding} of {len(judged)} seeds",
        f"{len(judged)} seeds",
        f"on more than half of the seeds {judged[0].rule}",
        holding > len(judged) / 2,
    )


def easier_half(seeds: Runs) -> Finding:
    """Ask whether the first half of the test digits is the easier one."""
    first, last = measure.halves(seeds)
    before = sum(index < NUM_STUDENT_TEST for index in errors_1998())
    return Finding(
        "The first 5,000 test digits are cleaner and easier.",
        "MNIST page",
        f"errors {first.mean:.0f} to {last.mean:.0f}; in 1998 {before} to "
        f"{len(errors_1998()) - before}",
        number(seeds),
        "the mean errors on them are fewer than on the others",
        first.mean < last.mean,
    )


def random_split(random: Runs, writer: Runs) -> Finding:
    """Ask whether writers who are also trained on make validation easier."""
    found = measure.differences(
        measure.error_rates(writer, "val"), measure.error_rates(random, "val")
    )
    low, high = found.interval
    return Finding(
        "A random validation split is as hard as new writers are.",
        "usual practice",
        f"new writers {signed(found.mean)} points ({signed(low)} to {signed(high)})",
        number(random),
        "the 95 % interval of the difference, paired by seed, includes 0",
        low <= 0 <= high,
    )


def same_digits(seeds: Runs) -> Finding:
    """Ask whether every seed errs on the digits of 1998 far more than by chance."""
    answers = errors_1998()
    again = measure.errors_within(seeds, answers).values
    ratios = [
        count / (len(run["misread"]) * len(answers) / NUM_TEST)
        for count, run in zip(again, seeds, strict=True)
    ]
    return Finding(
        f"The {len(answers)} digits misread in 1998 are still the hard ones.",
        "this report",
        f"{min(again)} to {max(again)} of them misread again, at least "
        f"{min(ratios):.0f} times as many as by chance",
        number(seeds),
        f"each seed misreads at least {TIMES_CHANCE} times as many as by chance",
        min(ratios) >= TIMES_CHANCE,
    )


def calibrated(writer: Runs) -> Finding:
    """Ask whether the probabilities need no temperature."""
    found = measure.temperatures(writer)
    low, high = found.interval
    return Finding(
        "The probability above a digit is how often it is right.",
        "seed report's figure",
        f"temperature {found.mean:.2f} ({low:.2f} to {high:.2f})",
        number(writer),
        "the 95 % interval of the temperature that fits best includes 1",
        low <= 1 <= high,
    )


def more_digits(fewer: Repeated, all_digits: Repeated) -> Finding:
    """Ask whether the last doubling of the training digits still lowers the error."""
    low, high = welch_interval(all_digits, fewer)
    return Finding(
        "More training digits, at equal epochs, would improve the accuracy.",
        "paper, III-B",
        f"from 30,000 to 60,000: {signed(all_digits.mean - fewer.mean)} points "
        f"({signed(low)} to {signed(high)})",
        f"{len(fewer.values)} and {len(all_digits.values)} seeds",
        "the error at 60,000 is lower than at 30,000, the 95 % interval without 0",
        high < 0,
    )


def goal(runs: Runs, name: str, least: float) -> Finding:
    """Ask whether a recipe's mean test accuracy reaches what was aimed at."""
    errors = measure.error_rates(runs, "test")
    high, low = (100 - bound for bound in errors.interval)
    return Finding(
        f"{name}: at least {least:.2f} % on average.",
        "our goal",
        f"{100 - errors.mean:.2f} % ({low:.2f} to {high:.2f} %)",
        number(runs),
        "the mean test accuracy over seeds reaches it",
        100 - errors.mean >= least,
    )

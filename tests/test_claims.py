from dataclasses import replace

import pytest

from lenet import Proportion, claims
from lenet.claims import below, repeats, topics
from lenet.metrics import Repeated
from lenet.studies.runner import load_stored, results
from lenet.studies.seeds import accuracies
from lenet.studies.statistics import errors_within

FALLING, RISING = (0.3, 0.2, 0.1), (0.3, 0.1, 0.2)
NOISE, STYLE = "reading right under noise", "reading right in other styles of writing"


@pytest.fixture
def judge(make_history):
    """Judge a run, all being as the earlier report has it but for what is given."""

    def judge(train=FALLING, val=FALLING, during=None, test=9_889, grid=40, **hard):
        each = zip(make_history(train, val), during or train, strict=True)
        history = [replace(record, running_loss=loss) for record, loss in each]
        hard = {"noise": test, "style": test} | hard
        test, noise, style = (Proportion(num, 10_000) for num in (test, *hard.values()))
        noisy, grid = {"mild": test, "strong": noise}, Proportion(grid, 40)
        return claims.judge(history, test, grid, noisy, {"any": style})

    return judge


@pytest.mark.parametrize(
    ("run", "failing"),
    [
        ({}, "none of them"),
        # Each loss must fall at every step, that of training as it was drawn.
        ({"train": RISING}, "a steadily falling training loss"),
        ({"train": RISING, "during": FALLING}, "none of them"),
        ({"train": (3, 2, 1), "val": RISING}, "a steadily falling validation loss"),
        # Over-fitting is a wider gap between the losses and twice the loss.
        ({"train": (0.3, 0.02), "val": (0.4, 0.10)}, "none of them"),
        ({"train": (0.3, 0.10), "val": (0.3, 0.19)}, "none of them"),
        ({"train": (0.3, 0.10), "val": (0.3, 0.21)}, "no over-fitting of the loss"),
        ({"grid": 39}, "a grid without a mistake"),
        # Corrupted digits may have fewer than twice the 111 errors; the worst decide.
        ({"noise": 9_780, "style": 9_780}, "none of them"),
        ({"noise": 9_776}, NOISE),
        ({"noise": 9_776, "style": 9_776}, f"{NOISE} and {STYLE}"),
        # A run without an error is judged as if it had one.
        ({"test": 10_000, "noise": 9_999, "style": 9_998}, STYLE),
    ],
)
def test_each_claim_fails_by_its_own_rule_alone(judge, run, failing):
    assert topics(judge(**run), "does not hold") == failing


def test_a_claim_says_what_was_measured(judge):
    losses = {"train": (1, 3, 1, 1, 1), "val": (1, 3, 2, 2.5, 2.2), "during": range(5)}
    drawn, falls, fits, grid, noise, _ = judge(**losses, noise=9_776)
    assert "4 of 4 times, measured during the epoch, and 1 after it" in drawn.measured
    assert "rises 2 of 4 times" in falls.measured
    assert "2.2 times the training loss" in fits.measured
    assert "probability 0.64" in grid.measured  # about 0.9889 to the 40th power
    assert "strong ×2.0" in noise.measured


@pytest.mark.parametrize(
    ("correct", "holds"), [(9_940, False), (9_939, True), (9_841, True), (9_840, False)]
)
def test_an_accuracy_is_not_excluded_where_one_more_seed_may_fall(correct, holds):
    claim = repeats("any", Proportion(correct, 10_000), Repeated((98.8, 98.9, 99.0)))
    assert claim.verdict == ("not excluded" if holds else "excluded")
    # 98.9 ± 4.303 x 0.1 x sqrt(4/3), Student's quantile with 2 degrees of freedom
    assert "98.40–99.40 %" in claim.measured


def test_the_twenty_seeds_exclude_neither_the_earlier_report_nor_the_notebook():
    runs = results(load_stored("seeds"))
    train, test = (accuracies(runs, split) for split in ("train", "val"))
    for claimed in (claims.EARLIER_TRAIN, claims.NOTEBOOK_TRAIN):
        assert repeats("training", claimed, train).holds
    for claimed in (claims.EARLIER_TEST, claims.NOTEBOOK_TEST):
        assert repeats("validation", claimed, test).holds
    assert below(claims.EARLIER_TRAIN, train) == "14 of 20"
    assert below(claims.EARLIER_TEST, test) == "20 of 20"
    # some read the whole grid of the earlier report, and some do not
    assert 0 < errors_within(runs, range(40)).values.count(0) < 20

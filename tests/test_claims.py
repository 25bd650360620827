from dataclasses import replace

import pytest

from lenet import Proportion
from lenet.annotations import curves_1998
from lenet.claims import (
    EARLIER_TEST,
    EARLIER_TRAIN,
    NOTEBOOK_TEST,
    NOTEBOOK_TRAIN,
    PAPER_TRAIN_ACCURACY,
    above,
    judge,
    judge_losses,
    repeats,
    topics,
)
from lenet.metrics import Repeated
from lenet.studies.runner import load_stored, results
from lenet.studies.seeds import accuracies
from lenet.studies.statistics import errors_within

FALLING, RISING = (0.3, 0.2, 0.1), (0.3, 0.1, 0.2)
NOISE, STYLE = "reading right under noise", "reading right in other styles of writing"


@pytest.fixture
def claims(make_history):
    """Judge a run, all being as the earlier report has it but for what is given."""

    def judge_run(train=FALLING, val=FALLING, test=9_889, grid=40, **hard):
        hard = {"noise": test, "style": test} | hard
        test, noise, style = (Proportion(num, 10_000) for num in (test, *hard.values()))
        noisy, grid = {"mild": test, "strong": noise}, Proportion(grid, 40)
        return judge(make_history(train, val), test, grid, noisy, {"any": style})

    return judge_run


@pytest.mark.parametrize(
    ("run", "failing"),
    [
        ({}, "none of them"),
        # Each loss must fall at every step.
        ({"train": RISING}, "a steadily falling training loss"),
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
def test_each_claim_fails_by_its_own_rule_alone(claims, run, failing):
    judged = claims(**run)
    assert len(judged) == 6
    assert topics(judged, "does not hold") == failing
    for claim in judged:
        assert claim.verdict == ("holds" if claim.holds else "does not hold")


def test_a_claim_says_what_was_measured(claims):
    _, falls, fits, grid, noise, _ = claims(
        train=5 * (1,), val=(1, 3, 2, 2.5, 2.2), noise=9_776
    )
    assert "rises 2 of 4 times" in falls.measured
    assert "2.2 times the training loss" in fits.measured
    assert "probability 0.64" in grid.measured  # about 0.9889 to the 40th power
    assert "strong ×2.0" in noise.measured


def test_the_training_loss_is_judged_by_the_curve_that_was_drawn(make_history):
    risen = zip(make_history(RISING, FALLING), FALLING, strict=True)
    drawn = [replace(record, running_loss=loss) for record, loss in risen]
    claim = judge_losses(drawn)[0]
    assert claim.holds
    assert "0 of 2 times, measured during the epoch, and 1 after it" in claim.measured


@pytest.mark.parametrize(
    ("correct", "holds"), [(9_940, False), (9_939, True), (9_841, True), (9_840, False)]
)
def test_an_accuracy_is_not_excluded_where_one_more_seed_may_fall(correct, holds):
    claim = repeats("any", Proportion(correct, 10_000), Repeated((98.8, 98.9, 99.0)))
    assert claim.holds is holds
    assert claim.verdict == ("not excluded" if holds else "excluded")
    # 98.9 ± 4.303 x 0.1 x sqrt(4/3), Student's quantile with 2 degrees of freedom
    assert "98.40–99.40 %" in claim.measured


def test_the_twenty_seeds_exclude_neither_the_earlier_report_nor_the_notebook():
    runs = results(load_stored("seeds"))
    train, test = (accuracies(runs, split) for split in ("train", "val"))
    for claimed in (EARLIER_TRAIN, NOTEBOOK_TRAIN):
        assert repeats("training", claimed, train).holds
    for claimed in (EARLIER_TEST, NOTEBOOK_TEST):
        assert repeats("validation", claimed, test).holds
    assert above(EARLIER_TRAIN, train) == "above 14 of 20 seeds"
    assert above(EARLIER_TEST, test) == "above 20 of 20 seeds"
    # some read the whole grid of the earlier report, and some do not
    assert 0 < errors_within(runs, range(40)).values.count(0) < 20


def test_the_papers_training_accuracy_is_that_after_pass_19():
    percent = curves_1998()["fig5"]["train_error_pct"][18]
    assert abs(100 - percent - float(PAPER_TRAIN_ACCURACY[:5])) < 0.03

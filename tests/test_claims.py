from math import ceil

import pytest

from lenet import Proportion
from lenet.claims import TEST_TOLERANCE, TRAIN_TOLERANCE, judge, topics
from lenet.evidence.measure import final_accuracies
from lenet.studies.study import load_stored, results

FALLING, RISING = (0.3, 0.2, 0.1), (0.3, 0.1, 0.2)
GOOD_TEST = Proportion(9_889, 10_000)


@pytest.fixture
def verdict(make_history):
    """Judge one claim, known by a part of its text, all else being as it should."""

    def judge_one(
        part,
        *,
        train=FALLING,
        val=FALLING,
        num_correct=59_838,
        test=GOOD_TEST,
        noisy=GOOD_TEST,
        varied=GOOD_TEST,
    ):
        history = make_history(train, val, num_correct)
        claims = judge(history, test, {"noise": noisy}, {"style": varied})
        (claim,) = (each for each in claims if part in each.claim)
        assert claim.verdict == ("holds" if claim.holds else "does not hold")
        return claim

    return judge_one


def test_all_claims_hold_for_a_run_as_the_report_tells_it(make_history):
    history = make_history(FALLING, FALLING)
    claims = judge(history, GOOD_TEST, {"a": GOOD_TEST}, {"b": GOOD_TEST})
    assert len(claims) == 7
    assert all(claim.holds for claim in claims)


@pytest.mark.parametrize(
    ("num_correct", "holds"),
    [(59_838, True), (59_660, True), (59_656, False), (60_000, True)],
)
def test_the_training_accuracy_may_differ_by_three_tenths(verdict, num_correct, holds):
    claim = verdict("training accuracy", num_correct=num_correct)
    assert claim.holds is holds
    assert f"{num_correct:,} of 60,000" in claim.measured


@pytest.mark.parametrize(
    ("num_correct", "holds"),
    [(9_889, True), (9_830, True), (9_948, True), (9_828, False), (9_950, False)],
)
def test_the_test_accuracy_may_differ_by_six_tenths(verdict, num_correct, holds):
    claim = verdict("validation accuracy", test=Proportion(num_correct, 10_000))
    assert claim.holds is holds


@pytest.mark.parametrize(
    ("split", "tolerance"), [("train", TRAIN_TOLERANCE), ("val", TEST_TOLERANCE)]
)
def test_pairs_of_the_twenty_seeds_set_the_tolerances(split, tolerance):
    accuracies = final_accuracies(results(load_stored("seeds")), split)
    limit = 2.576 * 2**0.5 * accuracies.sd
    assert 100 * tolerance == pytest.approx(ceil(10 * limit) / 10)


def test_each_loss_must_fall_at_every_step(verdict):
    assert verdict("training loss").holds
    assert not verdict("training loss", train=RISING).holds
    assert verdict("training loss", val=RISING).holds, "looked at the wrong loss"
    assert verdict("validation loss").holds
    assert not verdict("validation loss", val=RISING).holds
    assert verdict("validation loss", train=RISING).holds, "looked at the wrong loss"


def test_a_rise_is_counted(verdict):
    measured = verdict(
        "validation loss", val=(0.5, 0.6, 0.4, 0.45, 0.3), train=5 * (1,)
    )
    assert "2 of 4 times" in measured.measured


@pytest.mark.parametrize(
    ("train", "val", "holds"),
    [
        ((0.3, 0.1), (0.3, 0.1), True),  # no gap
        ((0.3, 0.1), (0.4, 0.19), True),  # the gap narrows
        ((0.3, 0.02), (0.4, 0.1), True),  # it narrows, though the ratio is 5
        ((0.3, 0.10), (0.3, 0.19), True),  # it widens, the ratio is 1.9
        ((0.3, 0.10), (0.3, 0.21), False),  # it widens, the ratio is 2.1
        ((0.2, 0.01), (0.1, 0.05), False),
    ],
)
def test_over_fitting_is_a_wider_gap_and_twice_the_loss(verdict, train, val, holds):
    assert verdict("over-fitting", train=train, val=val).holds is holds


@pytest.mark.parametrize("kind", ["noisy", "varied"])
def test_hard_digits_may_have_fewer_than_twice_the_errors(verdict, kind):
    part = {"noisy": "noise", "varied": "style"}[kind]
    assert verdict(part, **{kind: Proportion(9_779, 10_000)}).holds  # 221 errors
    twice = verdict(part, **{kind: Proportion(9_778, 10_000)})  # 222, exactly twice
    assert not twice.holds
    assert "×2.0" in twice.measured


def test_the_hardest_kind_decides(make_history):
    noisy = {"mild": GOOD_TEST, "strong": Proportion(5_000, 10_000)}
    *_, noise, style = judge(
        make_history(FALLING, FALLING), GOOD_TEST, noisy, {"style": GOOD_TEST}
    )
    assert not noise.holds
    assert style.holds
    assert "strong ×45.0" in noise.measured


def test_the_topics_are_listed_by_verdict_in_words(make_history):
    history = make_history(FALLING, RISING)
    judged = judge(
        history, Proportion(9_000, 10_000), {"a": GOOD_TEST}, {"b": GOOD_TEST}
    )
    wrong = topics(judged, holds=False)
    assert wrong == (
        "the validation accuracy, a steadily falling validation loss "
        "and no over-fitting"
    )
    right = topics(judged, holds=True)
    assert right.count(", ") == 2
    assert right.endswith(" and reading right with variations in the writing style")
    assert topics([], holds=True) == "none of them"


def test_a_run_without_a_single_error_is_judged_too(verdict):
    flawless = Proportion(10_000, 10_000)
    assert verdict("noise", test=flawless, noisy=flawless).holds
    assert not verdict("noise", test=flawless, noisy=Proportion(9_998, 10_000)).holds


@pytest.mark.parametrize("kind", ["noisy", "varied"])
def test_a_claim_about_hard_digits_needs_hard_digits(make_history, kind):
    hard = {"noisy": {"some": GOOD_TEST}, "varied": {"some": GOOD_TEST}} | {kind: {}}
    with pytest.raises(ValueError, match="give at least one count"):
        judge(make_history(FALLING, FALLING), GOOD_TEST, **hard)

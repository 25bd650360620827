import json
from math import ceil
from pathlib import Path

import pytest

from lenet import Proportion
from lenet.claims import TEST_TOLERANCE, TRAIN_TOLERANCE, judge, topics
from lenet.metrics import Repeated

SEEDS = Path(__file__).parents[1] / "reports" / "studies" / "seeds.json"
FALLING, RISING = (0.3, 0.2, 0.1), (0.3, 0.1, 0.2)
NOISE, STYLE = (
    f"reading right {each}"
    for each in ("in the presence of noise", "with variations in the writing style")
)


@pytest.fixture
def claims(make_history):
    """Judge a run, all being as the earlier report has it but for what is given."""

    def judge_run(train=FALLING, val=FALLING, train_correct=59_838, test=9_889, **hard):
        hard = {"noise": test, "style": test} | hard
        test, noise, style = (Proportion(num, 10_000) for num in (test, *hard.values()))
        history = make_history(train, val, train_correct)
        return judge(history, test, {"mild": test, "strong": noise}, {"any": style})

    return judge_run


@pytest.mark.parametrize(
    ("run", "failing"),
    [
        ({}, "none of them"),
        # The training accuracy may differ by three tenths of a point ...
        ({"train_correct": 59_660}, "none of them"),
        ({"train_correct": 59_656}, "the training accuracy"),
        # ... and the test accuracy by six.
        ({"test": 9_830}, "none of them"),
        ({"test": 9_828}, "the validation accuracy"),
        ({"test": 9_948}, "none of them"),
        ({"test": 9_950}, "the validation accuracy"),
        # Each loss must fall at every step.
        ({"train": RISING}, "a steadily falling training loss"),
        ({"train": (3, 2, 1), "val": RISING}, "a steadily falling validation loss"),
        # Over-fitting is a wider gap between the losses and twice the loss.
        ({"train": (0.3, 0.02), "val": (0.4, 0.10)}, "none of them"),
        ({"train": (0.3, 0.10), "val": (0.3, 0.19)}, "none of them"),
        ({"train": (0.3, 0.10), "val": (0.3, 0.21)}, "no over-fitting"),
        # Corrupted digits may have fewer than twice the 111 errors; the worst decide.
        ({"noise": 9_780, "style": 9_780}, "none of them"),
        ({"noise": 9_776}, NOISE),
        ({"noise": 9_776, "style": 9_776}, f"{NOISE} and {STYLE}"),
        # A run without an error is judged as if it had one.
        (
            {"test": 10_000, "noise": 9_999, "style": 9_998},
            f"the validation accuracy and {STYLE}",
        ),
    ],
)
def test_each_claim_fails_by_its_own_rule_alone(claims, run, failing):
    judged = claims(**run)
    assert len(judged) == 7
    assert topics(judged, holds=False) == failing
    for claim in judged:
        assert claim.verdict == ("holds" if claim.holds else "does not hold")


def test_a_claim_says_what_was_measured(claims):
    train, _, _, falls, fits, noise, _ = claims(
        train_correct=59_656, train=5 * (1,), val=(1, 3, 2, 2.5, 2.2), noise=9_776
    )
    assert "59,656 of 60,000" in train.measured
    assert "rises 2 of 4 times" in falls.measured
    assert "2.2 times the training loss" in fits.measured
    assert "strong ×2.0" in noise.measured


@pytest.mark.parametrize(
    ("split", "tolerance"), [("train", TRAIN_TOLERANCE), ("val", TEST_TOLERANCE)]
)
def test_pairs_of_the_twenty_stored_seeds_set_the_tolerances(split, tolerance):
    members = json.loads(SEEDS.read_text())["members"]
    ends = [member["result"]["history"][-1][split] for member in members]
    rates = Repeated(tuple(each["num_correct"] / each["num_examples"] for each in ends))
    limit = 2.576 * 2**0.5 * rates.sd
    assert len(members) == 20
    assert 100 * tolerance == pytest.approx(ceil(1_000 * limit) / 10)

"""The mistakes: counts against recounts, rules that flip with the data, figures."""

from collections import Counter
from itertools import product

import pytest
import torch

from lenet import annotations
from lenet.annotations import errors_1998, label_errors
from lenet.data import Digits
from lenet.metrics import Proportion
from lenet.predict import Prediction
from lenet.studies import confusion, mistakes
from lenet.studies.runner import load_stored, results


def a_run(misread):
    return {"num_test": 10_000, "misread": {str(i): misread[i] for i in misread}}


IN_1998 = a_run(errors_1998())
LIKE_1998 = results(load_stored("replication"), copies=9)


def test_the_easier_half_is_the_one_with_fewer_errors():
    like, late = LIKE_1998, a_run(dict.fromkeys([9_000], 0))
    claim = mistakes.claims([IN_1998] * 2, like)[0]
    assert claim.holds is False
    assert "55 to 27" in claim.measured
    assert mistakes.halves_ratio([IN_1998] * 2).values == (55 / 27, 55 / 27)
    assert mistakes.claims([late, late], like)[0].holds is True


def test_the_ratio_of_the_halves_is_less_certain_over_digits_and_least_over_writers():
    runs = results(load_stored("seeds"))
    seeds = mistakes.halves_ratio(runs).interval
    digits = mistakes.halves_ratio_interval(runs, range(10_000))
    writers = mistakes.halves_ratio_interval(runs, annotations.test_writers())
    assert writers == pytest.approx((1.46, 3.71), abs=0.01)
    assert 1 < writers[0] < digits[0] < seeds[0] < seeds[1] < digits[1] < writers[1]


def test_the_errors_of_1998_are_like_those_of_one_more_run_with_as_few():
    runs = results(load_stored("seeds"))
    assert mistakes.claims(runs, LIKE_1998)[1].holds is True
    assert mistakes.claims([IN_1998] * 2, LIKE_1998)[1].holds is False


def test_the_parts_of_the_test_set_add_up():
    runs = [a_run(dict.fromkeys(range(start, start + 120), 0)) for start in (0, 4_950)]
    sizes, errors, _, _, then, _ = [*zip(*mistakes.parts(runs)[1:], strict=True)][1:]
    assert sizes == (10_000, 5_001, 4_999, 15, 9_985)
    assert then == (82, 55, 27, 10, 72)
    assert errors[:3] == ("120.0", "85.5", "34.5")


def test_the_overlap_with_1998_counts_answers_and_shared_errors():
    half = dict(list(errors_1998().items())[:41])
    other = a_run({index: (answer + 1) % 10 for index, answer in half.items()})
    groups = {"same": [IN_1998, {**IN_1998}], "half": [IN_1998, other]}
    rows = mistakes.overlap(groups)[1:]
    assert rows[0] == ["same", 2, "82.0", "82.0 (100 %)", "82.0", "100 %"]
    assert rows[1] == ["half", 2, "61.5", "61.5 (75 %)", "41.0", "75 %"]


def test_the_confusion_matrix_shows_all_counts_and_wilsons_intervals(sample):
    digits, preds = sample.train[:60], sample.train.labels[:60].clone()
    preds[3:30] = (preds[3:30] + 1) % 10
    figure, alt = confusion.draw_matrix(digits, Prediction(torch.eye(10)[preds], preds))
    shown = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    counts = Counter(zip(preds.tolist(), digits.labels.tolist(), strict=True))
    cells = product(range(10), range(10))
    assert shown == {cell: str(counts[cell] or "·") for cell in cells}
    assert "60 test digits, 27 misread" in alt
    num_fours = int((digits.labels == 4).sum())
    rate = Proportion(num_fours - counts[4, 4], num_fours)
    drawn = figure.axes[1].collections[0].get_segments()[4][:, 0]
    assert drawn == pytest.approx([100 * end for end in rate.interval])


def test_errors_of_1998_are_framed_and_rejected_labels_starred():
    indices = [0, min(errors_1998()), label_errors()[0]]
    labels = torch.zeros(max(indices) + 1, dtype=torch.int64)
    digits = Digits(torch.zeros(len(labels), 32, 32, dtype=torch.uint8), labels)
    prediction = Prediction(torch.full((len(labels), 10), 0.1), labels + 1)
    figure, alt = mistakes.gallery(digits, prediction, indices)
    thick = [patch.get_linewidth() > 1 for patch in figure.axes[0].patches]
    assert thick == [False, True, indices[2] in errors_1998()]
    titles = [text.get_text() for text in figure.axes[0].texts]
    stars = ["", "*" * (indices[1] in label_errors()), "*"]
    assert titles == [f"0→1{star}" for star in stars]
    assert f"{sum(thick)} of 3 are framed" in alt


def test_the_hardest_digits_say_how_often_and_as_what(sample):
    runs = [a_run(each) for each in ({3: 5}, {3: 5, 8: 1}, {3: 2})]
    figure, alt = mistakes.hardest(sample.train, runs)
    labels = sample.train.labels.tolist()
    titles = [text.get_text() for text in figure.axes[0].texts]
    assert titles == [f"{labels[3]}→5  (3)", f"{labels[8]}→1  (1)"]
    assert "from 3 down to 1 of them" in alt

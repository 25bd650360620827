"""The mistakes: counts against recounts, rules that flip with the data, figures."""

from collections import Counter
from itertools import product

import pytest
import torch

from lenet.annotations import errors_1998, label_errors
from lenet.data import Digits
from lenet.metrics import Proportion
from lenet.predict import Prediction
from lenet.studies import mistakes


def a_run(misread):
    return {"num_test": 10_000, "misread": {str(i): misread[i] for i in misread}}


IN_1998 = a_run(errors_1998())


def test_the_easier_half_is_the_one_with_fewer_errors():
    claim, late = mistakes.claims([IN_1998] * 2)[0], a_run(dict.fromkeys([9_000], 0))
    assert claim.holds is False
    assert "55 to 27" in claim.measured
    assert mistakes.halves_ratio([IN_1998] * 2).values == (55 / 27, 55 / 27)
    assert mistakes.claims([late, late])[0].holds is True


def test_the_digits_of_1998_recur_by_a_multiple_of_chance():
    others = a_run(dict.fromkeys(set(range(200)) - set(errors_1998()), 0))
    assert mistakes.claims([IN_1998, IN_1998])[1].holds is True
    assert mistakes.claims([IN_1998, others])[1].holds is False


def test_the_parts_of_the_test_set_add_up():
    runs = [a_run(dict.fromkeys(range(start, start + 120), 0)) for start in (0, 4_950)]
    rows = mistakes.parts(runs)[1:]
    sizes, errors, then = ([row[k] for row in rows] for k in (1, 2, 5))
    assert sizes[0] == sizes[1] + sizes[2] == sizes[3] + sizes[4] == 10_000
    assert sizes[3] == len(label_errors())
    assert then == [82, 55, 27, 10, 72]
    assert errors[:3] == ["120.0", "85.5", "34.5"]


def test_the_overlap_with_1998_counts_answers_and_chance():
    half = dict(list(errors_1998().items())[:41])
    other = {index: (answer + 1) % 10 for index, answer in half.items()}
    rows = mistakes.overlap({"same": [IN_1998] * 2, "half": [a_run(half | other)]})[1:]
    assert rows[0][:6] == ["same", 2, "82.0", "82.0", "82.0", "0.7"]  # 82 x 82 / 10,000
    assert rows[1][:6] == ["half", 1, "41.0", "41.0", "0.0", "0.3"]
    chance = mistakes.by_chance({"num_test": 10_000, "misread": {"0": 1}})
    assert chance.pmf(1) == pytest.approx(82 / 10_000)


def test_the_confusion_matrix_shows_all_counts_and_wilsons_intervals(sample):
    digits, preds = sample.train[:60], sample.train.labels[:60].clone()
    preds[3:30] = (preds[3:30] + 1) % 10
    figure, alt = mistakes.confusion(digits, Prediction(torch.eye(10)[preds], preds))
    shown = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    counts = Counter(zip(preds.tolist(), digits.labels.tolist(), strict=True))
    cells = product(range(10), range(10))
    assert shown == {cell: str(counts[cell] or "·") for cell in cells}
    assert "60 test digits, 27 misread" in alt
    num_fours = int((digits.labels == 4).sum())
    rate = Proportion(num_fours - counts[4, 4], num_fours)
    drawn = figure.axes[1].collections[0].get_segments()[4][:, 0]
    assert drawn == pytest.approx([100 * end for end in rate.interval])


@pytest.mark.parametrize("num", [0, 1, 132, 133, 300])
def test_a_gallery_is_cut_into_pages_and_loses_nothing(num):
    pages = mistakes.pages(range(num))
    assert [index for page in pages for index in page] == list(range(num))
    assert len(pages) == -(-num // 132)


def test_errors_of_1998_are_framed_and_rejected_labels_starred():
    indices = [0, min(errors_1998()), label_errors()[0]]
    labels = torch.zeros(max(indices) + 1, dtype=torch.int64)
    digits = Digits(torch.zeros(len(labels), 32, 32, dtype=torch.uint8), labels)
    prediction = Prediction(torch.full((len(labels), 10), 0.1), labels + 1)
    figure, alt = mistakes.gallery(digits, prediction, indices)
    thick = [axes.spines["left"].get_linewidth() > 1 for axes in figure.axes[:3]]
    assert thick == [False, True, indices[2] in errors_1998()]
    titles = [axes.get_title() for axes in figure.axes[:3]]
    stars = ["", "*" * (indices[1] in label_errors()), "*"]
    assert titles == [f"0→1{star}" for star in stars]
    assert f"{sum(thick)} of 3 are framed" in alt


def test_the_hardest_digits_say_how_often_and_as_what(sample):
    runs = [a_run(each) for each in ({3: 5}, {3: 5, 8: 1}, {3: 2})]
    figure, alt = mistakes.hardest(sample.train, runs)
    labels = sample.train.labels.tolist()
    titles = [axes.get_title() for axes in figure.axes[:2]]
    assert titles == [f"{labels[3]}→5  (3)", f"{labels[8]}→1  (1)"]
    assert "from 3 down to 1 of them" in alt

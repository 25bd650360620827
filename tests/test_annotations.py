"""What is known of writers, labels and the network of 1998."""

from collections import Counter

import pytest
import torch

from lenet import annotations
from lenet.data import Digits


@pytest.fixture
def numbered():
    """60,000 empty digits whose labels are their numbers."""
    return Digits(torch.zeros(60_000, 1, 1, dtype=torch.uint8), torch.arange(60_000))


def test_writers_are_as_published():
    numbers, student = annotations.writers()
    assert (len(numbers), int(student.sum())) == (60_000, 29_050)
    groups = numbers[student].unique(), numbers[~student].unique()
    assert [len(group) for group in groups] == [250, 289]
    of_test = annotations.test_writers()
    halves = of_test[: annotations.NUM_STUDENT_TEST], of_test[5_001:]
    assert [len(half.unique()) for half in halves] == [249, 48]
    assert not set(of_test.tolist()) & set(numbers.tolist())


def test_no_writer_is_on_both_sides(numbered):
    numbers, student = annotations.writers()
    train, val = annotations.split_by_writer(numbered, 10_000, seed=3)
    assert not set(numbers[train.labels].tolist()) & set(numbers[val.labels].tolist())
    assert sorted([*train.labels.tolist(), *val.labels.tolist()]) == list(range(60_000))
    assert 9_600 < len(val) <= 10_000
    assert abs(float(student[val.labels].double().mean()) - 0.5) < 0.02


def test_another_seed_holds_out_other_writers(numbered):
    first, again, other = (
        annotations.split_by_writer(numbered, 10_000, seed)[1].labels
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_other_digits_are_refused(numbered):
    with pytest.raises(ValueError, match="59,999 digits: writers are known for all"):
        annotations.split_by_writer(numbered[:59_999], 10_000, seed=0)


@pytest.mark.parametrize("val_size", [10, 200_000])
def test_a_split_that_leaves_a_side_empty_is_refused(numbered, val_size):
    with pytest.raises(ValueError, match="leave some to train on"):
        annotations.split_by_writer(numbered, val_size, seed=0)


def test_the_82_errors_are_those_of_figure_8(mnist):
    answers, labels = annotations.errors_1998(), mnist.read_test().labels
    assert len(answers) == 82
    wrong = Counter(int(labels[index]) for index in answers)
    assert [wrong[digit] for digit in range(10)] == [3, 2, 8, 9, 11, 5, 13, 5, 10, 16]
    assert all(int(labels[index]) != answer for index, answer in answers.items())


def test_ten_of_the_82_have_a_label_that_reviewers_rejected():
    rejected = annotations.label_errors()
    assert len(rejected) == 15
    assert len(annotations.errors_1998().keys() & rejected) == 10


def test_the_curves_of_the_paper_end_where_its_text_says():
    fig5 = annotations.curves_1998()["fig5"]
    assert fig5["test_error_pct"][-1] == pytest.approx(0.95, abs=0.03)
    assert fig5["train_error_pct"][-1] == pytest.approx(0.35, abs=0.03)

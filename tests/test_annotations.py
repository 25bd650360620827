"""What is known of writers, labels and the network of 1998."""

import pytest
import torch

from lenet import annotations
from lenet.annotations import split_by_writer
from lenet.claims import PAPER_TEST_ERRORS, PAPER_TRAIN
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


def test_no_writer_is_on_both_sides_and_another_seed_holds_out_others(numbered):
    numbers, student = annotations.writers()
    train, val = split_by_writer(numbered, 10_000, seed=3)
    assert not set(numbers[train.labels].tolist()) & set(numbers[val.labels].tolist())
    assert sorted([*train.labels.tolist(), *val.labels.tolist()]) == list(range(60_000))
    assert 9_600 < len(val) <= 10_000
    assert abs(float(student[val.labels].double().mean()) - 0.5) < 0.02
    again, other = (split_by_writer(numbered, 10_000, seed)[1] for seed in (3, 4))
    assert torch.equal(again.labels, val.labels)
    assert not torch.equal(other.labels, val.labels)


@pytest.mark.parametrize(
    ("num", "val_size", "message"),
    [
        (59_999, 10_000, "59,999 digits: writers are known for all"),
        (60_000, 10, "leave some to train on"),
        (60_000, 200_000, "leave some to train on"),
    ],
)
def test_other_digits_and_an_empty_side_are_refused(numbered, num, val_size, message):
    with pytest.raises(ValueError, match=message):
        split_by_writer(numbered[:num], val_size, seed=0)


def test_the_82_errors_are_those_of_figure_8(mnist):
    answers, labels = annotations.errors_1998(), mnist.read_test().labels
    assert len(answers) == 82
    wrong = labels[[*answers]].bincount().tolist()
    assert wrong == [3, 2, 8, 9, 11, 5, 13, 5, 10, 16]
    assert all(int(labels[index]) != answer for index, answer in answers.items())
    rejected = annotations.label_errors()  # by reviewers
    assert (len(rejected), len(answers.keys() & rejected)) == (15, 10)


def test_the_curves_of_the_paper_end_where_its_text_says():
    fig5 = annotations.curves_1998()["fig5"]
    final, after_19 = fig5["test_error_pct"][-1], fig5["train_error_pct"][18]
    assert final == pytest.approx(100 * PAPER_TEST_ERRORS.rate, abs=0.03)
    assert after_19 == pytest.approx(100 - 100 * PAPER_TRAIN.rate, abs=0.03)

import numpy as np
import pytest
import torch
from scipy.stats import ttest_ind

from lenet import Proportion, Scores
from lenet.metrics import (
    Repeated,
    commonest_misreading,
    confusion_matrix,
    scientific,
    welch_interval,
)


@pytest.mark.parametrize(("count", "low", "high"), [(95, 0.78, 1.16), (82, 0.66, 1.02)])
def test_the_papers_error_counts_have_their_wilson_intervals(count, low, high):
    percents = [100 * end for end in Proportion(count, 10_000).interval]
    assert percents == pytest.approx([low, high], abs=0.005)


@pytest.mark.parametrize("total", [1, 5, 10_000])
def test_no_and_all_still_have_an_interval(total):
    z = 1.959964
    none, every = Proportion(0, total).interval, Proportion(total, total).interval
    assert none == pytest.approx((0, z**2 / (total + z**2)), abs=1e-6)
    assert every == pytest.approx((total / (total + z**2), 1), abs=1e-6)
    assert none[0] >= 0
    assert every[1] <= 1


@pytest.mark.parametrize(("count", "total"), [(-1, 5), (6, 5), (0, 0)])
def test_what_is_no_proportion_is_refused(count, total):
    with pytest.raises(ValueError, match=f"{count} of {total} is not a proportion"):
        Proportion(count, total)


def test_a_proportion_is_printed_with_all_that_it_is_worth():
    proportion = Proportion(9_889, 10_000)
    assert str(proportion) == ("98.89 % (95 % interval 98.67–99.08 %, 9,889 of 10,000)")
    assert str(proportion.complement).startswith("1.11 %")


def test_the_interval_of_a_difference_is_scipys():
    ones, others = Repeated((1.0, 1.2, 1.1, 1.4)), Repeated((0.8, 1.0, 0.7))
    welch = ttest_ind(ones.values, others.values, equal_var=False)
    expected = welch.confidence_interval(0.95)
    assert welch_interval(ones, others) == pytest.approx(tuple(expected))


@pytest.mark.parametrize(
    ("number", "decimals", "written"),
    [(7e-5, 1, "7.0 × 10⁻⁵"), (2.4e-46, 0, "2 × 10⁻⁴⁶"), (1234, 2, "1.23 × 10³")],
)
def test_powers_of_ten_are_written_as_such(number, decimals, written):
    assert scientific(number, decimals) == written


def test_the_commonest_misreading_is_that_of_the_runs_that_erred():
    runs = [{"7": 3}, {"7": 5, "8": 1}, {"8": 1}, {"7": 5}]
    assert commonest_misreading(runs, 7) == 5


def test_scores_count_right_and_wrong():
    scores = Scores(0.5, num_correct=7, num_examples=10)
    assert scores.accuracy == Proportion(7, 10)
    assert scores.errors == Proportion(3, 10)


def test_the_confusion_matrix_is_numpys_recount():
    rng = np.random.default_rng(0)
    labels, preds = rng.integers(9, size=(2, 300))  # class 9 never comes
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (labels, preds), 1)
    found = confusion_matrix(torch.tensor(labels), torch.tensor(preds))
    assert np.array_equal(found.numpy(), expected)
    assert int(found.trace()) == (labels == preds).sum()


def test_the_confusion_matrix_has_true_labels_in_its_rows():
    found = confusion_matrix(torch.tensor([4]), torch.tensor([9]))
    assert found.nonzero().tolist() == [[4, 9]]


def test_each_label_needs_its_prediction():
    with pytest.raises(ValueError, match="3 labels but 2 predictions"):
        confusion_matrix(torch.zeros(3).long(), torch.zeros(2).long())

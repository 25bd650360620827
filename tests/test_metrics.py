import pytest
from scipy.stats import ttest_1samp

from lenet import Proportion, Scores
from lenet.metrics import Repeated


def test_the_papers_95_errors_have_their_wilson_interval():
    percents = [100 * end for end in Proportion(95, 10_000).interval]
    assert percents == pytest.approx([0.78, 1.16], abs=0.005)


@pytest.mark.parametrize("total", [1, 5, 10_000])
def test_none_and_all_still_have_an_interval_within_0_and_1(total):
    z = 1.959964
    none, every = Proportion(0, total).interval, Proportion(total, total).interval
    assert none == pytest.approx((0, z**2 / (total + z**2)), abs=1e-6)
    assert every == pytest.approx((total / (total + z**2), 1), abs=1e-6)
    assert none[0] >= 0
    assert every[1] <= 1


def test_a_proportion_is_printed_with_all_that_it_is_worth():
    accuracy = Scores(0.5, num_correct=9_889, num_examples=10_000).accuracy
    assert str(accuracy) == "98.89 % (95 % interval 98.67–99.08 %, 9,889 of 10,000)"
    assert str(accuracy.complement).startswith("1.11 %")


def test_runs_have_students_interval_and_one_more_falls_into_the_wider_one():
    runs = Repeated((1.0, 2.0, 3.0, 4.0, 5.0))  # mean 3, variance 10 / 4
    assert (runs.mean, runs.sd) == pytest.approx((3, 2.5**0.5))
    expected = ttest_1samp(runs.values, 0).confidence_interval(0.95)
    assert runs.interval == pytest.approx(tuple(expected))
    half = 2.776445 * (2.5 * (1 + 1 / 5)) ** 0.5  # Student's quantile, 4 degrees
    assert runs.prediction_interval == pytest.approx((3 - half, 3 + half))

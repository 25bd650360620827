"""Calibration and rejection against cases worked out by hand."""

import pytest
import torch

from lenet.calibration import (
    fit_temperature,
    negative_log_likelihood,
    refused_for,
    rejection_curve,
    reliability,
)


@pytest.fixture
def logits():
    return 3 * torch.randn(20_000, 10, generator=torch.Generator().manual_seed(0))


def drawn(logits):
    """Draw labels with the very probabilities that the logits give."""
    generator = torch.Generator().manual_seed(1)
    return torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]


def test_knowing_nothing_costs_the_logarithm_of_ten():
    loss = negative_log_likelihood(torch.zeros(3, 10), torch.tensor([0, 4, 9]))
    assert loss == pytest.approx(2.302585)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_comes_out(logits, temperature):
    found = fit_temperature(logits * temperature, drawn(logits))
    assert found == pytest.approx(temperature, rel=0.03)


def test_honest_probabilities_have_a_small_calibration_error(logits):
    labels = drawn(logits)
    honest = reliability(logits.softmax(1), labels)["error"]
    assert honest < 0.015
    assert reliability((3 * logits).softmax(1), labels)["error"] > 5 * honest


def test_the_calibration_error_of_one_bin_is_the_gap_of_the_means():
    probs = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    found = reliability(probs, torch.tensor([0, 1, 1, 0]), num_bins=1)
    assert found["error"] == pytest.approx(0.75 - 0.5)
    assert found["count"] == [4]


def test_the_least_sure_are_refused_first():
    probs = torch.tensor([[0.9, 0.1], [0.55, 0.45], [0.3, 0.7], [0.48, 0.52]])
    labels = torch.tensor([0, 1, 0, 0])  # wrong but for the first
    assert rejection_curve(probs, labels).tolist() == [3, 2, 1, 0, 0]


def test_the_fewest_to_refuse_for_an_error_rate():
    left = torch.tensor([3, 2, 1, 0, 0])
    assert refused_for(left, 0.5) == 2
    assert refused_for(left, 0.75) == 0
    assert refused_for(left, 0.1) == 3
    assert refused_for(torch.tensor([1, 1, 1]), 0.5) == 0
    assert refused_for(torch.tensor([2, 1, 0]), 0.5) is None

"""Validation splits, calibration and refusing, against cases worked out by hand."""

from functools import partial

import numpy as np
import pytest
import torch

from lenet.config import Config
from lenet.metrics import Proportion
from lenet.studies import calibration, probabilities, writers
from lenet.studies.runner import load_stored, results


def a_run(val=120, test=110, temperature=1.2):
    """A result: 15 bins, the least confident first."""
    counts = {"train": 10, "val": val, "test": test}
    parts = {name: {"count": c, "total": 10_000} for name, c in counts.items()}
    errors = [max(0, 110 - 5 * step) for step in range(101)]
    bins = {"confidence": [0.9, *[0.999] * 14], "accuracy": [0.8, *[1.0] * 14]}
    kind = {
        "negative_log_likelihood": 0.05,
        "reliability": bins | {"count": [667] * 15, "error": 0.01},
        "rejection": {"refused": list(range(0, 1_001, 10)), "errors": errors},
        "target": {"error_rate": 0.005, "refused": 150},
    }
    return parts | {"temperature": temperature, "as_trained": kind, "scaled": kind}


LOGITS = 3 * torch.randn(20_000, 10, generator=torch.Generator().manual_seed(0))
LABELS = torch.multinomial(  # drawn with the very probabilities that the logits give
    LOGITS.softmax(1), 1, generator=torch.Generator().manual_seed(1)
)[:, 0]


@pytest.mark.parametrize("temperature", [0.5, 2.5])
def test_the_temperature_that_was_put_in_comes_out(temperature):
    found = probabilities.fit_temperature(LOGITS * temperature, LABELS)
    assert found == pytest.approx(temperature, rel=0.03)


def test_calibration_errors_are_small_for_true_probabilities_and_as_worked_out():
    scaled = [(factor * LOGITS).softmax(1) for factor in (1, 3)]
    true, over = (probabilities.reliability(p, LABELS)["error"] for p in scaled)
    assert true < 0.015
    assert over > 5 * true
    probs = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    found = probabilities.reliability(probs, torch.tensor([0, 1, 1, 0]), num_bins=1)
    assert found["error"] == pytest.approx(0.75 - 0.5)
    assert found["count"] == [4]


def test_the_least_certain_are_refused_first_and_no_more_than_needed():
    probs = torch.tensor([[0.9, 0.1], [0.55, 0.45], [0.3, 0.7], [0.48, 0.52]])
    labels = torch.tensor([0, 1, 0, 0])  # wrong but for the first
    errors_left = probabilities.rejection_curve(probs, labels)
    assert errors_left.tolist() == [3, 2, 1, 0, 0]
    rates = {0.75: 0, 0.5: 2, 0.1: 3}
    assert {r: probabilities.refused_for(errors_left, r) for r in rates} == rates
    assert probabilities.refused_for(torch.tensor([2, 1, 0]), 0.5) is None


def test_a_run_stores_counts_and_the_settings_of_calibration(sample, monkeypatch):
    monkeypatch.setattr(writers, "Config", partial(Config, num_epochs=1, val_size=200))
    result = writers.run(0, "random", sample)
    sizes = [result[part]["total"] for part in ("train", "val", "test")]
    assert sizes == [1_097, 200, 500]
    assert result["history"][-1]["val"]["num_correct"] == 200 - result["val"]["count"]
    for kind in (result["as_trained"], result["scaled"]):
        assert sum(kind["reliability"]["count"]) == 500
        assert kind["rejection"]["refused"][:3] == [0, 10, 20]
        assert kind["rejection"]["errors"][0] == result["test"]["count"]
        assert kind["target"]["error_rate"] == 0.005


@pytest.mark.parametrize(
    ("added", "holds"),
    [
        ([43, 37] * 5, False),
        ([43, 37, 40] * 3, None),  # too few seeds
        ([3, -3] * 5, None),
        ([1] * 9 + [400], None),  # settled by the ranks, but not by the t test
    ],
)
def test_only_ten_seeds_and_both_tests_settle_that_new_writers_are_harder(added, holds):
    random = [a_run(100 + seed) for seed in range(len(added))]
    writer = [a_run(100 + seed + more) for seed, more in enumerate(added)]
    claim = writers.claim({"random": random, "writer": writer})
    assert (claim.holds, claim.runs) == (holds, f"{len(added)} seeds")


@pytest.mark.parametrize(
    ("ends", "holds"), [((0.9, 1), True), ((1, 1.3), True), ((1.3, 1.31), False)]
)
def test_a_temperature_of_one_means_calibrated(ends, holds):
    assert calibration.claim([a_run(temperature=t) for t in ends]).holds is holds


def test_figures_set_found_errors_over_stated_ones_and_count_on_the_digits_kept():
    figure, alt = calibration.reliability_diagram([a_run(), a_run()])
    (axes,) = figure.axes
    line = next(line for line in axes.lines if line.get_label() == "as trained")
    assert (*line.get_xdata(), *line.get_ydata()) == pytest.approx((0.1, 0.2))
    bars = axes.collections[0].get_segments()
    bound = Proportion(0, 2 * 667).interval[1]
    assert calibration.none_found([a_run()] * 2) == (len(bars), bound) == (14, bound)
    assert bars[0][:, 1] == pytest.approx([calibration.NONE_FOUND, bound])
    assert "least confident of 15 bins: as trained 0.100 and 0.200" in alt
    figure, alt = calibration.rejection([a_run(), a_run()])
    rates = figure.axes[0].lines[0].get_ydata()
    assert rates[[0, 10]] == pytest.approx([1.10, 100 * 60 / 9_900])
    assert "1.10 % with none refused, 0.61 % with 1 %" in alt


@pytest.mark.parametrize("kind", calibration.KINDS)
def test_the_marks_just_above_none_are_bins_with_one_error(kind):
    stored = results(load_stored("writers"), split="writer")
    bins = [run[kind]["reliability"] for run in stored]
    wrong = sum(np.array(b["count"]) * (1 - np.array(b["accuracy"])) for b in bins)
    assert min(wrong[wrong > 0.5]) == pytest.approx(1)

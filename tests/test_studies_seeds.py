"""Twenty seeds: numbers against recounts, rules that flip with the data."""

from dataclasses import asdict
from functools import partial

import numpy as np
import pytest

from lenet.config import Config
from lenet.studies import seeds

FALLING, RISING = (0.3, 0.2, 0.1), (0.3, 0.2, 0.25)


def a_run(num_wrong=0, val=FALLING, wrong_before=0):
    """A result: losses by epoch, and the misread digits at the end and before."""
    history = []
    for epoch, losses in enumerate(zip(FALLING, val, strict=True), 1):
        wrong = num_wrong if epoch == len(val) else wrong_before
        sizes = {"train": (59_838, 60_000), "val": (10_000 - wrong, 10_000)}
        scores = {
            split: {"loss": loss, "num_correct": right, "num_examples": total}
            for (split, (right, total)), loss in zip(sizes.items(), losses, strict=True)
        }
        history.append({"epoch": epoch, "running_loss": 2 * losses[0]} | scores)
    misread = dict.fromkeys(map(str, range(num_wrong)), 7)
    return {"history": history, "num_test": 10_000, "misread": misread}


def test_a_run_says_what_each_misread_digit_was_read_as(sample, monkeypatch):
    monkeypatch.setattr(seeds, "Config", partial(Config, num_epochs=2))
    result = seeds.run(3, sample)
    last, test = result["history"][-1]["val"], sample.read_test()
    assert result["config"] == asdict(Config(num_epochs=2, seed=3))
    assert result["num_test"] == last["num_examples"] == len(test)
    assert len(result["misread"]) == len(test) - last["num_correct"]
    assert all(test.labels[int(i)] != read for i, read in result["misread"].items())


def test_the_spread_agrees_with_a_table_of_digits_and_runs():
    wrong = np.random.default_rng(0).random((8, 400)) < 0.1
    misread = [{str(i): 0 for i in np.flatnonzero(row)} for row in wrong]
    found = seeds.spread([{"misread": each, "num_test": 400} for each in misread])
    assert found["seeds"] == pytest.approx(100 * wrong.mean(1).std(ddof=1))
    independent = 100 * wrong.var(0, ddof=1).sum() ** 0.5 / 400
    assert found["independent"] == pytest.approx(independent)
    rate = wrong.mean()
    assert found["test set"] == pytest.approx(100 * (rate * (1 - rate) / 400) ** 0.5)


def test_over_fitting_is_followed_from_the_lowest_mean_loss():
    vals = (0.5, 0.2, 0.4), (0.1, 0.2, 0.3)
    found = seeds.overfitting([a_run(97, val, wrong_before=100) for val in vals])
    assert (found["first gap"], found["last gap"]) == pytest.approx((0, 0.25))
    assert (found["earliest"], found["best epoch"], found["latest"]) == (1, 2, 2)
    assert found["more loss"] == pytest.approx(75)
    assert found["more errors"] == pytest.approx(-3)


def test_an_accuracy_holds_if_one_more_seed_could_give_it():
    claims = [
        seeds.claims([a_run(mean + each) for each in (-5, 0, 5)])[1]
        for mean in (125, 137)  # the earlier report has 111 errors
    ]
    assert [claim.holds for claim in claims] == [True, False]
    assert "98.50–99.00" in claims[0].measured  # 98.75 ± 4.303 x 0.05 x sqrt(4/3)


def test_a_claim_on_losses_needs_more_than_half_of_the_seeds():
    one, two = [a_run(), a_run(val=RISING)], [a_run(), a_run(), a_run(val=RISING)]
    assert [claim.holds for claim in seeds.loss_claims(one)] == [True, False, False]
    assert [claim.holds for claim in seeds.loss_claims(two)] == [True, True, True]
    assert "holds on 2 of 3 seeds" in seeds.loss_claims(two)[1].measured


def test_the_earlier_report_is_ranked_among_the_seeds():
    runs = [a_run(number) for number in (100, 112, 120)]
    train, test = seeds.accuracy_table(runs)[1:]
    assert (train[1], train[5]) == ("99.73 %", "99.73 %")
    assert test[4:] == ["98.80–99.00 %", "98.89 %", "2 of 3"]


def test_the_figures_show_every_seed_the_sampling_error_and_ranges():
    runs = [a_run(120, val=val) for val in (FALLING, RISING)]
    lower = seeds.accuracy_strips(runs)[0].axes[1]
    assert list(lower.lines[0].get_xdata()) == [98.8] * 2
    band = next(box for box in lower.patches if box.get_height() == 1)
    half = 100 * 1.96 * (0.988 * 0.012 / 10_000) ** 0.5
    assert band.get_width() == pytest.approx(2 * half)
    figure, alt = seeds.loss_bands(runs)
    assert figure.axes[0].lines[1].get_ydata() == pytest.approx([0.3, 0.2, 0.175])
    band = figure.axes[0].collections[1].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.1, 0.3))
    assert "test loss falls to 0.175 and ends at 0.175" in alt

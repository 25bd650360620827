"""Twenty seeds: numbers against recounts, rules that flip with the data."""

from dataclasses import asdict
from functools import partial

import pytest

from lenet.config import Config
from lenet.studies import losses, seeds
from lenet.studies.runner import load_stored, results

STORED = results(load_stored("seeds"))
FALLING, RISING = (0.3, 0.2, 0.1), (0.3, 0.2, 0.25)


def a_run(num_wrong=0, val=FALLING, wrong_before=0):
    """A result: losses by epoch, and the misread digits at the end and before."""
    history = []
    for epoch, (train_loss, loss) in enumerate(zip(FALLING, val, strict=True), 1):
        right = 10_000 - (num_wrong if epoch == len(val) else wrong_before)
        train = {"loss": train_loss, "num_correct": 59_838, "num_examples": 60_000}
        test = {"loss": loss, "num_correct": right, "num_examples": 10_000}
        record = {"epoch": epoch, "running_loss": 2 * train_loss}
        history.append(record | {"train": train, "val": test})
    misread = dict.fromkeys(map(str, range(num_wrong)), 7)
    return {"history": history, "num_test": 10_000, "misread": misread}


def test_a_run_says_what_each_misread_digit_was_read_as(sample, monkeypatch):
    monkeypatch.setattr(seeds, "Config", partial(Config, num_epochs=1))
    result = seeds.run(3, sample)
    last, test = result["history"][-1]["val"], sample.read_test()
    assert result["config"] == asdict(Config(num_epochs=1, seed=3))
    assert result["num_test"] == last["num_examples"] == len(test)
    assert len(result["misread"]) == len(test) - last["num_correct"]
    assert all(test.labels[int(i)] != read for i, read in result["misread"].items())


def test_no_run_is_shown_to_be_better_as_a_whole():
    found = seeds.scatter(STORED)
    assert found["mean"] < found["last"] / 2
    assert abs(found["r"]) < 0.3
    assert found["p"] > 0.05
    assert found["seed"] < found["epoch"] / 2


def test_levels_that_last_are_told_from_the_scatter_of_the_epochs():
    runs = [a_run(100 + 5 * k, wrong_before=100 + 5 * k) for k in range(6)]
    for run, more in zip(runs, (1, 0, 2, 1, 0, 1), strict=True):
        run["history"][1]["val"]["num_correct"] -= more
    found = seeds.scatter(runs, 3)
    table = 100 * losses.curves(runs, "val", "num_correct") / 10_000
    assert found["p"] < 0.001
    assert found["mean"] == pytest.approx(table.mean(1).std(ddof=1))
    assert found["seed"] == pytest.approx(found["mean"], rel=0.01)
    assert found["epoch"] < 0.01


def test_only_one_seed_reaches_the_earlier_report_even_by_its_best_epoch():
    gain, reached = seeds.picked(STORED)
    assert reached == 1
    assert gain.interval[0] > 0
    made_up = [a_run(120, wrong_before=100)] * 2
    assert seeds.picked(made_up)[0].mean == pytest.approx(0.2)


def test_neither_loss_falls_steadily_and_over_fitting_is_seen_in_the_loss_alone():
    holds = [claim.holds for claim in losses.claims(STORED)]
    assert holds == [False, False, False, True]
    drawn = losses.rises(losses.running_losses(STORED))
    assert 0 < sum(drawn == 0) < sum(drawn == 1)
    _, _, errors = losses.since_lowest(STORED)
    assert errors.interval[0] < 0 < errors.interval[1]
    assert losses.since_own_lowest(STORED).interval[0] > 0  # of lucky epochs


def test_over_fitting_is_followed_from_the_lowest_mean_loss():
    vals = (0.5, 0.2, 0.4), (0.1, 0.2, 0.3)
    runs = [a_run(97, val, wrong_before=100) for val in vals]
    runs[1]["history"][0]["val"]["num_correct"] -= 20
    lowest, loss, errors = losses.since_lowest(runs)
    assert lowest == 2
    assert loss.values == pytest.approx((0.2, 0.1))
    assert errors.values == (-3, -3)
    assert losses.since_own_lowest(runs).values == (-3, -23)
    assert losses.gaps(runs)[[0, -1]] == pytest.approx((0, 0.25))
    assert losses.claims(runs)[2].holds, "a rise on two seeds alone shows nothing"


def test_the_accuracies_of_the_earlier_report_are_not_excluded():
    assert [claim.holds for claim in seeds.claims(STORED)[:2]] == [True, True]
    found = seeds.accuracies(STORED, "val")
    assert 0.1 < seeds.one_more(found, 98.89) < 0.2
    assert max(found.values) < 98.89
    ends = found.prediction_interval
    assert [seeds.one_more(found, end) for end in ends] == pytest.approx([0.05, 0.05])


def test_a_claim_on_losses_needs_more_than_half_of_the_seeds():
    one, two = [a_run(), a_run(val=RISING)], [a_run(), a_run(), a_run(val=RISING)]
    assert [losses.claims(runs)[1].holds for runs in (one, two)] == [False, True]
    assert losses.claims(two)[1].measured == "never rises on 2 of 3 seeds"


def test_the_figures_show_every_seed_the_prediction_interval_and_ranges():
    runs = [a_run(num, val) for num, val in ((120, FALLING), (130, RISING))]
    lower = seeds.accuracy_strips(runs)[0].axes[1]
    assert list(lower.lines[0].get_xdata()) == [98.8, 98.7]
    band = next(box for box in lower.patches if box.get_height() == 1)
    ends = band.get_x(), band.get_x() + band.get_width()
    assert ends == pytest.approx(seeds.accuracies(runs, "val").prediction_interval)
    figure, alt = losses.bands(runs)
    assert figure.axes[0].lines[2].get_ydata() == pytest.approx([0.3, 0.2, 0.175])
    band = figure.axes[0].collections[2].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.1, 0.3))
    assert "test loss falls to 0.175 and ends at 0.175" in alt

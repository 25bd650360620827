"""The bench: its table against a recount, its floor against plain division."""

from functools import partial

import pytest

from lenet import bench
from lenet.claims import EARLIER_EPOCHS

RESULT = {
    "seconds": {
        "earlier report": [20.0, 90.0, 22.0],
        "ours": [5.0, 5.5, 50.0],
        "a recipe": [11.0, 10.0, 99.0],
    },
    "train_flop": 150e9,
    "score_flop": 50e9,
    "flop_per_second": 100e9,
    "hardware": {"device": "CPU (slow)", "threads": 2},
    "date": "2026-01-02",
}


def test_the_table_compares_medians_with_the_earlier_reports_way():
    _, *rows = bench.table(RESULT)
    seconds, times = ([float(row[i]) for row in rows] for i in (2, 3))
    whole = EARLIER_EPOCHS * 22
    assert seconds == [22, 5.5, 2, whole, EARLIER_EPOCHS * 5.5, 11]
    assert times == pytest.approx([1, 4, 11, 1, 4, whole / 11])
    assert rows[-1][:2] == ["a whole recipe", "a recipe"]


def test_the_text_says_on_what_and_how_often_it_was_timed():
    text = bench.sentence(RESULT)
    assert "Medians of 3 rounds, in turns, on CPU (slow) with 2 threads, 2026" in text
    assert "150 GFLOP of training and 50 of scoring" in text


def test_the_recipe_that_is_timed_is_read_on_the_test_digits(sample, monkeypatch):
    read = []
    monkeypatch.setattr(bench, "load_dataset", lambda choice: sample)
    monkeypatch.setattr(bench, "predict", lambda model, images: read.append(images))
    bench.whole_recipe()
    assert [len(images) for images in read] == [len(sample.read_test())]


def test_the_arithmetic_of_an_epoch_is_that_of_the_layers(monkeypatch):
    """Two operations for each weight at each place it is used; backwards twice that."""
    monkeypatch.setattr(bench, "time_in_turns", lambda ways: {"": [2]})
    places = {"c1": 28**2, "c3": 10**2, "c5": 1, "f6": 1, "output": 1}
    weights = {"c1": 150, "c3": 2_400, "c5": 48_000, "f6": 10_080, "output": 840}
    forward = 2 * sum(weights[name] * places[name] for name in places)
    found = bench.arithmetic()
    assert found["score_flop"] == 70_000 * forward
    backward = 2 * forward - 2 * weights["c1"] * places["c1"]  # none to the images
    assert found["train_flop"] == 60_000 * (forward + backward)
    assert found["flop_per_second"] == 2048**3  # half the operations of the product


def test_ways_are_timed_in_turns_and_the_first_round_is_not_counted():
    runs = []
    seconds = bench.time_in_turns({way: partial(runs.append, way) for way in "ab"})
    assert "".join(runs) == "ab" * 6
    assert [len(seconds[way]) for way in "ab"] == [5, 5]

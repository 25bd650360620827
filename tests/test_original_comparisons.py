"""Tables of the studies of 1998 from made-up runs, counted by hand."""

import numpy as np
import pytest

from lenet.original import comparisons, plots
from lenet.original.frontend import frontend_1998


def stored(*members):
    """A stored study of (arguments, result) pairs."""
    return {
        "members": [
            {"member": member, "result": result, "seconds": 60.0}
            for member, result in members
        ]
    }


def val(errors):
    return {"val_errors": errors, "num_val": 10_000}


def test_choices_are_compared_with_the_run_of_the_same_seed():
    table = comparisons.choices(
        stored(
            ({"seed": 0, "change": "as chosen"}, val(100)),
            ({"seed": 1, "change": "as chosen"}, val(200)),
            ({"seed": 0, "change": "j = 1"}, val(110)),
            ({"seed": 1, "change": "j = 1"}, val(230)),
        )
    )
    assert table["rows"][0] == ["as chosen", 2, "1.50 %", "", ""]
    # differences 0.1 and 0.3: mean 0.2, and 12.706 times 0.1 on either side
    assert table["rows"][1] == ["j = 1", 2, "1.70 %", "+0.20", "−1.07 to +1.47"]


def test_ranges_show_each_seed_and_which_is_missing():
    setting = {"law": "uniform", "shift": 0.5, "shape": 1.0}
    table = comparisons.distortion_ranges(
        stored(
            ({"seed": 0} | setting, val(90)),
            ({"seed": 0} | setting | {"law": "triangular"}, val(80)),
            ({"seed": 1} | setting, val(120)),
        )
    )
    assert table["rows"] == [
        ["uniform", "0.5", "1", "0.90 %", "1.20 %"],
        ["triangular", "0.5", "1", "0.80 %", "–"],
    ]


def test_front_ends_are_compared_after_the_same_pass():
    short = [{"test_errors": [300, n], "num_test": 10_000} for n in (90, 110)]
    long = [{"test_errors": [300, n, 50], "num_test": 10_000} for n in (190, 210)]
    groups = {"kept": short, "trained": long}
    table = comparisons.front_ends(groups, {"kept": 10, "trained": 20})
    assert [row[:4] for row in table["rows"]] == [
        ["kept", 10, 2, "1.000 %"],
        ["trained", 20, 2, "2.000 %"],
    ]


@pytest.fixture
def to_modern():
    """Two steps with two seeds each, and one rate tried."""

    def result(part, count):
        return {"num_parameters": 61_706, part: {"count": count, "total": 10_000}}

    return stored(
        ({"seed": 0, "step": "one", "rate": 0.1}, result("val", 150)),
        ({"seed": 0, "step": "one"}, result("test", 100)),
        ({"seed": 0, "step": "other"}, result("test", 80)),
        ({"seed": 1, "step": "one"}, result("test", 120)),
        ({"seed": 1, "step": "other"}, result("test", 60)),
    )


def test_steps_start_in_1998_and_leave_out_the_rates_tried(to_modern):
    run = {"test_errors": [95, 90, 85, 80], "num_test": 10_000}
    plain = {"num_train": 60_000, "copies": 0}
    original = stored(
        ({"seed": 0} | plain, run),
        ({"seed": 1} | plain, run),
        ({"seed": 0} | plain | {"copies": 9}, run | {"test_errors": [0] * 4}),
    )
    rows = comparisons.steps(to_modern, original, num_passes=2)["rows"]
    assert rows[0][1:4] == [60_000, 2, "0.900 %"]
    assert rows[0][-1] == "30"  # half of the passes, half of the minute
    assert [row[:4] for row in rows[1:]] == [
        ["one", 61_706, 2, "1.100 %"],
        ["other", 61_706, 2, "0.700 %"],
    ]
    tried = comparisons.tried_rates(to_modern)["rows"]
    assert tried == [["one", "0.1", "1.50 %"]]


def test_the_largest_step_is_named(to_modern):
    first = comparisons.rates([90, 110], [10_000, 10_000])
    text = comparisons.largest_steps(to_modern, first, num=1)
    assert text == "The largest moves: other (−0.40 points, −1.01 to +0.21)."


def test_spans():
    assert comparisons.span([9_998, 10_001, 9_999]) == "9,998–10,001"
    assert comparisons.span([5_000]) == "5,000"


def test_kernels_and_maps_are_drawn_for_each_network():
    networks = {"one": frontend_1998(), "other": frontend_1998()}
    figure, alt = plots.c1_kernels(networks)
    assert len(figure.axes) == 12
    assert "one and other" in alt
    drawn = figure.axes[3].images[0].get_array()
    assert (drawn == networks["one"]["c1.weight"][3, 0]).all()
    figure, alt = plots.feature_maps(np.zeros((32, 32), np.uint8), networks)
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == ["C1", "S2", "C3", "S4"]
    assert "columns: one and other" in alt


def test_maps_lie_in_rows_with_gaps_between():
    maps = np.arange(4.0)[:, None, None] * np.ones((4, 2, 2))
    tiles = plots._tiled(maps, 2)
    assert tiles.shape == (6, 6)
    assert tiles[0].tolist()[:2] == [0, 0]
    assert tiles[3].tolist()[3:5] == [3, 3]
    assert np.isnan(tiles[2]).all()

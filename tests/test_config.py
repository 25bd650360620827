from dataclasses import replace

import pytest

from lenet import Config

BAD = {
    "num_epochs": (0, 1.5, True),
    "batch_size": (-1, "32"),
    "val_size": (0,),
    "learning_rate": (0.0, -1e-3, float("nan"), float("inf")),
    "one_cycle": (1, None),
    "muon": (0, "yes"),
    "distortion": (-0.1, float("nan")),
    "shift": (-1.0, "2"),
    "seed": (-1, 2**63, None, 1.0),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_refused_by_name(name):
    for value in BAD[name]:
        with pytest.raises(ValueError, match=f"{name} is .*: give"):
            replace(Config(), **{name: value})


def test_whole_numbers_serve_where_others_may():
    Config(learning_rate=1, distortion=0, shift=2)

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import FrozenInstanceError, asdict

import pytest

import lenet
from lenet import Config


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_epochs", 0),
        ("num_epochs", 1.5),
        ("batch_size", -1),
        ("val_size", 0),
        ("val_size", "10"),
        ("learning_rate", 0.0),
        ("learning_rate", -1e-3),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("distortion", -0.1),
        ("distortion", float("nan")),
        ("shift", -1.0),
        ("shift", "2"),
        ("seed", -1),
        ("seed", 2**63),
        ("seed", None),
    ],
)
def test_a_bad_value_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name} is .*: give"):
        Config(**{name: value})


def test_a_config_cannot_change_under_a_run():
    with pytest.raises(FrozenInstanceError):
        Config().seed = 1


def test_a_changed_copy_is_checked_too_and_leaves_the_original():
    config = Config()
    assert config.but(num_epochs=3).asdict() == config.asdict() | {"num_epochs": 3}
    assert config == Config()
    with pytest.raises(ValueError, match="batch_size"):
        config.but(batch_size=0)


def test_the_dict_rebuilds_the_config():
    config = Config(seed=7, learning_rate=0.01)
    assert Config(**config.asdict()) == config
    assert config.asdict() == asdict(config)


def _loaded_by_the_package() -> set[str]:
    return set(sys.modules)


def test_importing_the_package_loads_nothing_slow(processes):
    with ProcessPoolExecutor(1, mp_context=processes) as executor:
        loaded = executor.submit(_loaded_by_the_package).result()
    assert "lenet.train" in loaded
    assert not loaded & {"torchvision", "sklearn", "matplotlib", "lenet.report"}


def test_every_exported_name_is_there():
    assert all(hasattr(lenet, name) for name in lenet.__all__)

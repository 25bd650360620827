"""Kernels and maps against weights, the shift against NumPy, the bench by hand."""

import numpy as np
import pytest

from lenet import bench
from lenet.data import to_input
from lenet.model import layer_outputs, new_model
from lenet.studies import maps


def test_kernels_and_maps_are_those_of_the_network_on_one_scale(sample):
    model, images = new_model(0), sample.train.images[:1]
    weights = model.feature_extractor.c1.weight.detach()[:, 0]
    s4 = layer_outputs(model, to_input(images))["s4"][0]
    s4_maps = maps.maps(model, images[0], "s4"), s4, 1
    kernels = maps.kernels(model), weights, float(weights.abs().max())
    for (figure, _), fields, most in (kernels, s4_maps):
        for axes, field in zip(figure.axes, fields, strict=True):
            assert np.allclose(axes.images[0].get_array(), field, atol=1e-6)
            assert axes.images[0].get_clim() == pytest.approx((-most, most))


def test_a_shift_is_felt_at_the_input_as_numpy_says(sample):
    found = maps.correlation_after_shift(new_model(0), sample.train[:60])
    before = sample.train.images[:60].double().numpy()
    after = np.zeros_like(before)
    after[:, :, 1:] = before[:, :, :-1]
    expected = np.corrcoef(before.ravel(), after.ravel())[0, 1]
    assert found["input"] == pytest.approx(expected, abs=1e-3)
    assert [*found] == ["input", "c1", "s2", "c3", "s4", "c5", "f6", "output"]


def test_the_arithmetic_of_an_epoch_is_that_of_the_layers():
    """Two operations for each weight at each place it is used; backwards twice that."""
    places = {"c1": 28**2, "c3": 10**2, "c5": 1, "f6": 1, "output": 1}
    weights = {"c1": 150, "c3": 2_400, "c5": 48_000, "f6": 10_080, "output": 840}
    forward = 2 * sum(weights[name] * places[name] for name in places)
    found = bench.arithmetic()
    assert found["score_flop"] == 70_000 * forward
    backward = 2 * forward - 2 * weights["c1"] * places["c1"]  # none to the images
    assert found["train_flop"] == 60_000 * (forward + backward)

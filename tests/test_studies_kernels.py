"""The kernels against the weights, the shift against NumPy."""

import numpy as np
import pytest

from lenet.model import new_model
from lenet.studies import kernels


def test_kernels_are_drawn_on_one_scale():
    model = new_model(0)
    weights = model.feature_extractor.c1.weight.detach()[:, 0]
    most = float(weights.abs().max())
    figure, _ = kernels.draw_kernels(model)
    for axes, field in zip(figure.axes, weights, strict=True):
        assert np.allclose(axes.images[0].get_array(), field, atol=1e-6)
        assert axes.images[0].get_clim() == pytest.approx((-most, most))


def test_a_shift_is_felt_at_the_input_as_numpy_says(sample):
    found = kernels.correlation_after_shift(new_model(0), sample.train[:60])
    before = sample.train.images[:60].double().numpy()
    after = np.zeros_like(before)
    after[:, :, 1:] = before[:, :, :-1]
    expected = np.corrcoef(before.ravel(), after.ravel())[0, 1]
    assert found["input"] == pytest.approx(expected, abs=1e-3)
    assert [*found] == ["input", "c1", "s2", "c3", "s4", "c5", "f6", "output"]

"""Affine distortions against whole-pixel moves and measured moments."""

from dataclasses import replace

import numpy as np
import pytest

from lenet.original import distortions
from lenet.original.distortions import Ranges

NONE = Ranges(0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    images = np.zeros((200, 32, 32), np.uint8)
    images[:, 10:22, 11:21] = rng.integers(0, 256, (200, 12, 10))
    return images


def moments(images):
    """Centre x and y, spread x and y, and slant of the ink of each image, in pixels."""
    ink = images / images.sum((1, 2), keepdims=True)
    along = np.arange(32) - 15.5
    x, y = ink.sum(1) @ along, ink.sum(2) @ along
    dx, dy = along - x[:, None], along - y[:, None]
    xx, yy = (ink.sum(1) * dx**2).sum(1), (ink.sum(2) * dy**2).sum(1)
    xy = np.einsum("nij,ni,nj->n", ink, dy, dx)
    return x, y, np.sqrt(xx), np.sqrt(yy), xy / yy


def test_no_distortion_changes_nothing(images):
    same = distortions.distort(images, NONE, np.random.default_rng(0))
    assert (same == images).all()


def test_whole_pixel_shifts_move_the_digit(images):
    draws = np.tile([3.0, -2.0, 0, 0, 0], (len(images), 1))
    moved = distortions._warp(images, draws, np.zeros_like(images))
    assert (moved == np.roll(images, (-2, 3), (1, 2))).all()


@pytest.mark.parametrize(
    ("name", "value", "ratio_x", "ratio_y"),
    [("log_scale", 0.2, np.exp(0.2), np.exp(0.2)),
     ("log_squeeze", 0.1, np.exp(-0.1), np.exp(0.1))],
)  # fmt: skip
def test_scale_and_squeeze_stretch_the_axes(images, name, value, ratio_x, ratio_y):
    column = list(Ranges.__dataclass_fields__).index(name)
    draws = np.zeros((len(images), 5))
    draws[:, column] = value
    warped = distortions._warp(images, draws, np.zeros_like(images))
    before, after = moments(images), moments(warped)
    assert np.median(after[2] / before[2]) == pytest.approx(ratio_x, rel=0.03)
    assert np.median(after[3] / before[3]) == pytest.approx(ratio_y, rel=0.03)


def test_shear_slants_by_columns_per_row(images):
    draws = np.tile([0, 0, 0, 0, 0.18], (len(images), 1))
    warped = distortions._warp(images, draws, np.zeros_like(images))
    slant = moments(warped)[4] - moments(images)[4]
    assert np.median(slant) == pytest.approx(0.18, abs=0.01)


def test_draws_fill_their_range(images):
    shifts = replace(NONE, shift_x=2.5, shift_y=4.0)
    moved = distortions.distort(images, shifts, np.random.default_rng(1))
    x = moments(moved)[0] - moments(images)[0]
    y = moments(moved)[1] - moments(images)[1]
    assert 2.3 < np.abs(x).max() < 2.6
    assert 3.8 < np.abs(y).max() < 4.1
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.2


def test_triangular_draws_keep_the_range_but_gather_in_the_middle(images):
    shifts = replace(NONE, shift_x=4.0)
    spread = {}
    for law in ("uniform", "triangular"):
        ranges = replace(shifts, law=law)
        moved = distortions.distort(images, ranges, np.random.default_rng(1))
        x = moments(moved)[0] - moments(images)[0]
        assert np.abs(x).max() <= 4.02
        spread[law] = x.std()
    assert spread["uniform"] == pytest.approx(4 / 3**0.5, rel=0.1)
    assert spread["triangular"] == pytest.approx(4 / 6**0.5, rel=0.1)


def test_ranges_are_scaled_shifts_apart():
    half = Ranges().times(shift=0.5, shape=0.1)
    assert (half.shift_x, half.shift_y) == (1.25, 2.15)
    assert half.shear == pytest.approx(0.018)
    assert half.log_scale / Ranges().log_scale == pytest.approx(0.1)
    with pytest.raises(ValueError, match="uniform or triangular"):
        Ranges(law="normal")


def test_set_holds_the_originals_and_their_copies(images):
    labels = np.arange(200) % 10
    every, names = distortions.with_distortions(images, labels, 2, Ranges(), seed=0)
    assert every.shape == (600, 32, 32)
    assert (every[:200] == images).all()
    assert (names[400:] == labels).all()
    assert (every[200:400] != every[400:]).any((1, 2)).all()
    again, _ = distortions.with_distortions(images, labels, 2, Ranges(), seed=0)
    assert (again == every).all()

"""Affine distortions against whole-pixel moves and measured moments."""

import numpy as np
import pytest

from lenet.original.distortions import Ranges, distort, with_distortions


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
    return np.array([x, y, np.sqrt(xx), np.sqrt(yy), xy / yy])


def distorted(images, *values):
    return distort(images, np.tile(np.array(values, float), (len(images), 1)))


def test_whole_pixel_shifts_move_the_digit(images):
    assert (distorted(images, 0, 0, 0, 0, 0) == images).all()
    moved = distorted(images, 3, -2, 0, 0, 0)
    assert (moved == np.roll(images, (-2, 3), (1, 2))).all()


def test_scale_squeeze_and_shear_change_the_moments_that_they_name(images):
    before = moments(images)
    scaled, squeezed, sheared = (
        moments(distorted(images, 0, 0, *values))
        for values in ((0.2, 0, 0), (0, 0.1, 0), (0, 0, 0.18))
    )
    spread = np.median(scaled / before, 1)[2:4]
    np.testing.assert_allclose(spread, np.exp([0.2, 0.2]), rtol=0.03)
    spread = np.median(squeezed / before, 1)[2:4]
    np.testing.assert_allclose(spread, np.exp([-0.1, 0.1]), rtol=0.03)
    slant = np.median(sheared - before, 1)[4]
    assert slant == pytest.approx(0.18, abs=0.01)


@pytest.mark.parametrize(("law", "variance"), [("uniform", 3), ("triangular", 6)])
def test_draws_fill_their_range_by_their_law(images, law, variance):
    ranges = Ranges(2.5, 4.0, 0, 0, 0, law)
    copies, _ = with_distortions(images, np.zeros(200), 1, ranges, seed=1)
    x, y = (moments(copies[200:]) - moments(images))[:2]
    assert 2.2 < np.abs(x).max() < 2.52
    assert 3.5 < np.abs(y).max() < 4.02
    assert x.std() == pytest.approx(2.5 / variance**0.5, rel=0.15)
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.2


def test_ranges_are_scaled_shifts_apart():
    half = Ranges().times(shift=0.5, shape=0.1)
    assert (half.shift_x, half.shift_y) == (1.25, 2.15)
    assert half.shear == pytest.approx(0.018)
    assert half.log_scale / Ranges().log_scale == pytest.approx(0.1)
    with pytest.raises(ValueError, match="uniform or triangular"):
        Ranges(law="normal")


def test_set_holds_the_originals_and_their_copies(images):
    labels = np.arange(200) % 10
    every, names = with_distortions(images, labels, 2, Ranges(), seed=0)
    assert (every[:200] == images).all()
    assert (names.reshape(3, 200) == labels).all()
    assert (every[200:400] != every[400:]).any((1, 2)).all()
    again, _ = with_distortions(images, labels, 2, Ranges(), seed=0)
    assert (again == every).all()

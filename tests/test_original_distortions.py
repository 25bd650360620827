"""Affine distortions against whole-pixel moves and measured moments."""

from dataclasses import astuple

import numpy as np
import pytest
import torch

from lenet.data import Digits
from lenet.original.distortions import Ranges, distort, with_distortions

IMAGES = np.zeros((200, 32, 32), np.uint8)
IMAGES[:, 10:22, 11:21] = np.random.default_rng(0).integers(0, 256, (200, 12, 10))
DIGITS = Digits(torch.tensor(IMAGES), torch.arange(200) % 10)


def moments(images):
    """Centre x and y, spread x and y, and slant of the ink of each image, in pixels."""
    ink = images / images.sum((1, 2), keepdims=True)
    along = np.arange(32) - 15.5
    x, y = ink.sum(1) @ along, ink.sum(2) @ along
    dx, dy = along - x[:, None], along - y[:, None]
    xx, yy = (ink.sum(1) * dx**2).sum(1), (ink.sum(2) * dy**2).sum(1)
    xy = np.einsum("nij,ni,nj->n", ink, dy, dx)
    return np.array([x, y, np.sqrt(xx), np.sqrt(yy), xy / yy])


def distorted(*values):
    return distort(DIGITS.images, np.tile(np.array(values, float), (200, 1))).numpy()


def test_whole_pixel_shifts_move_the_digit():
    assert (distorted(0, 0, 0, 0, 0) == IMAGES).all()
    assert (distorted(3, -2, 0, 0, 0) == np.roll(IMAGES, (-2, 3), (1, 2))).all()


def test_scale_squeeze_and_shear_change_the_moments_that_they_name():
    before = moments(IMAGES)
    for values, spread in (((0.2, 0), (0.2, 0.2)), ((0, 0.1), (-0.1, 0.1))):
        ratios = np.median(moments(distorted(0, 0, *values, 0)) / before, 1)[2:4]
        np.testing.assert_allclose(ratios, np.exp(spread), rtol=0.03)
    slant = np.median(moments(distorted(0, 0, 0, 0, 0.18)) - before, 1)[4]
    assert slant == pytest.approx(0.18, abs=0.01)


@pytest.mark.parametrize(("law", "variance"), [("uniform", 3), ("triangular", 6)])
def test_draws_fill_their_range_by_their_law(law, variance):
    ranges = Ranges(2.5, 4.0, 0, 0, 0, law)
    copies = with_distortions(DIGITS, 1, ranges, seed=1).images[200:]
    x, y = (moments(copies.numpy()) - moments(IMAGES))[:2]
    assert 2.2 < np.abs(x).max() < 2.52
    assert 3.5 < np.abs(y).max() < 4.02
    assert x.std() == pytest.approx(2.5 / variance**0.5, rel=0.15)
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.2


def test_ranges_are_scaled_shifts_apart():
    *half_widths, law = astuple(Ranges(law="triangular").times(shift=0.5, shape=0.1))
    assert half_widths == pytest.approx([1.25, 2.15, 0.031, 0.010, 0.018])
    assert law == "triangular"


def test_set_holds_the_originals_and_their_copies():
    first, again = (with_distortions(DIGITS, 2, Ranges(), seed=0) for _ in range(2))
    images = first.images.reshape(3, 200, 32, 32)
    assert (images[0] == DIGITS.images).all()
    assert (images[1] != images[2]).any((1, 2)).all()
    assert (first.labels.reshape(3, 200) == DIGITS.labels).all()
    assert (first.images == again.images).all()

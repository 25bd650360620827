"""Random distortions of training batches, against what the ranges say."""

import pytest
import torch
from torch.nn import functional as F

from lenet import augment
from lenet.augment import distort


@pytest.fixture
def batch(sample):
    return sample.train.images[:20, None] / 255


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_each_image_is_distorted_in_its_own_way_and_repeatably(batch):
    same = batch[:1].expand(5, -1, -1, -1)
    one = distort(same, generator(1))
    assert len(one.unique(dim=0)) == 5
    assert torch.equal(distort(same, generator(1)), one)
    assert not torch.equal(distort(same, generator(2)), one)


def test_distorted_digits_keep_their_form_range_and_most_of_their_ink(batch):
    distorted = distort(batch, generator())
    assert distorted.shape == batch.shape
    assert 0 <= float(distorted.min()) < float(distorted.max()) <= 1
    ink = distorted.sum((1, 2, 3)) / batch.sum((1, 2, 3))
    assert 0.5 < float(ink.min()) < float(ink.max()) < 2


def test_blots_move_as_far_as_asked_in_pixels_and_no_way_in_particular():
    blots = torch.zeros(2_000, 1, 32, 32)
    blots[:, :, 15:17, 15:17] = 1
    places = torch.arange(32) - 15.5
    moved = distort(blots, generator(), strength=0.5, shift=8)
    for axis in (2, 3):
        ink = moved.sum((1, 5 - axis))
        centres = (ink * places).sum(1) / ink.sum(1)
        assert float(centres.abs().max()) == pytest.approx(4, abs=1.2)
        assert float(centres.std()) == pytest.approx(8 / 12**0.5, abs=0.4)
        assert float(centres.mean()) == pytest.approx(0, abs=0.15)


def test_digits_are_sampled_by_an_affine_grid_and_a_bicubic_field(batch):
    """As PyTorch's own functions make them, which take longer."""
    drawn, size = generator(3), list(batch.shape)
    inverse = augment._random_affine(len(batch), drawn, 0.5, 2)
    knots = torch.randn(len(batch), 2, augment.KNOTS, augment.KNOTS, generator=drawn)
    field = F.interpolate(knots, size[2:], mode="bicubic", align_corners=True)
    grid = F.affine_grid(inverse, size, align_corners=False)
    grid += 0.5 * augment.ELASTIC * field.permute(0, 2, 3, 1)
    expected = F.grid_sample(batch, grid, align_corners=False)
    found = distort(batch, generator(3), strength=0.5)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)

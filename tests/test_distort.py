import pytest
import torch

from lenet.augment import distort
from lenet.distort import (
    add_noise,
    blur,
    flip_pixels,
    hardships,
    noises,
    thicken,
    transform,
    variations,
)


@pytest.fixture
def images(sample):
    return sample.train.images[:20]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_the_asked_share_of_pixels_is_inverted_and_no_other_changed(images, share):
    flipped = flip_pixels(images, share, generator())
    same, inverted = flipped == images, flipped == 255 - images
    assert (same | inverted).all()
    num_pixels = images.numel()  # 20,480: 4 standard deviations are at most 0.014
    assert inverted.sum() / num_pixels == pytest.approx(share, abs=0.014)


def test_noise_of_sd_0_changes_nothing(images):
    assert torch.equal(add_noise(images, 0, generator()), images)


def test_noise_has_its_sd():
    grey = torch.full((50, 32, 32), 128, dtype=torch.uint8)
    noisy = add_noise(grey, 0.1, generator()).float()
    assert float(noisy.mean()) == pytest.approx(128, abs=1)
    assert float(noisy.std()) == pytest.approx(25.5, rel=0.03)


def test_noise_beyond_the_range_is_clipped_and_does_not_wrap_round():
    for value, mean in ((0, 51), (255, 204)):  # half of it clipped: 0.4 SD further in
        plain = torch.full((50, 32, 32), value, dtype=torch.uint8)
        noisy = add_noise(plain, 0.5, generator())
        assert float((noisy == value).float().mean()) == pytest.approx(0.5, abs=0.02)
        assert float(noisy.float().mean()) == pytest.approx(mean, abs=3)


def test_the_seed_repeats_the_noise(images):
    for change in (flip_pixels, add_noise):
        one = change(images, 0.3, generator(1))
        assert torch.equal(change(images, 0.3, generator(1)), one)
        assert not torch.equal(change(images, 0.3, generator(2)), one)


def test_doing_nothing_gives_the_same_pixels(images):
    assert torch.equal(transform(images), images)


@pytest.mark.parametrize("turns", [1, 2, 3, -1])
def test_quarter_turns_go_counter_clockwise_and_are_exact(images, turns):
    turned = transform(images, degrees=90 * turns)
    assert torch.equal(turned, torch.rot90(images, turns, dims=(1, 2)))


@pytest.mark.parametrize("shift", [1, 4, -3])
def test_a_shift_goes_right_by_whole_pixels(images, shift):
    moved = transform(images, shift=shift)
    expected = torch.roll(images, shift, dims=2)
    gap = slice(0, shift) if shift > 0 else slice(shift, None)
    expected[:, :, gap] = 0
    assert torch.equal(moved, expected)


def test_a_shift_of_a_turned_digit_still_goes_right(images):
    turned = torch.rot90(images, 1, dims=(1, 2))
    expected = torch.roll(turned, 3, dims=2)
    expected[:, :, :3] = 0
    assert torch.equal(transform(images, degrees=90, shift=3), expected)


def test_scaling_is_about_the_centre():
    square = torch.zeros(1, 32, 32, dtype=torch.uint8)
    square[:, 12:20, 12:20] = 255
    half, double = transform(square, scale=0.5), transform(square, scale=2)
    for scaled, side in ((half, 4), (double, 16)):
        assert torch.equal(scaled, scaled.flip(1)), "off the centre"
        assert torch.equal(scaled, scaled.flip(2)), "off the centre"
        assert float(scaled.sum()) / 255 == pytest.approx(side**2, rel=0.05)


def test_a_drop_goes_down_by_whole_pixels(images):
    expected = torch.roll(images, 3, dims=1)
    expected[:, :3] = 0
    assert torch.equal(transform(images, drop=3), expected)


def test_a_slant_moves_each_row_by_its_height_above_the_centre():
    post = torch.zeros(1, 32, 32, dtype=torch.uint8)
    post[:, 6:26, 15:17] = 255
    slanted = transform(post, shear=0.5).float()
    places = torch.arange(32.0)
    for row in (8, 12, 20, 24):
        centre = float((slanted[0, row] * places).sum() / slanted[0, row].sum())
        assert centre == pytest.approx(15.5 + 0.5 * (15.5 - row), abs=0.05)


def test_a_digit_is_slanted_before_it_is_turned(images):
    """A quarter turn of a slanted digit, not a slant of the turned one."""
    turned = transform(images, shear=0.3, degrees=90)
    expected = torch.rot90(transform(images, shear=0.3), 1, dims=(1, 2))
    assert (turned.float() - expected.float()).abs().max() <= 1, "more than rounding"


def test_a_blurred_dot_is_a_gaussian_of_its_width_and_keeps_its_ink():
    dot = torch.zeros(1, 32, 32, dtype=torch.uint8)
    dot[0, 14:18, 14:18] = 255
    blurred = blur(dot, 2.0)[0].double()
    assert float(blurred.sum()) == pytest.approx(float(dot.sum()), rel=0.02)
    offset = torch.arange(32.0).double() - 15.5
    variance = float((blurred.sum(0) * offset**2).sum() / blurred.sum())
    assert variance == pytest.approx(2.0**2 + (4**2 - 1) / 12, rel=0.05)
    assert torch.equal(blur(dot, 0), dot)


@pytest.mark.parametrize("pixels", [-2, -1, 0, 1, 3])
def test_a_stroke_becomes_thicker_by_so_many_pixels(pixels):
    stroke = torch.zeros(1, 32, 32, dtype=torch.uint8)
    stroke[:, 4:28, 14:18] = 200
    changed = thicken(stroke, pixels)
    assert int((changed[0, 16] == 200).sum()) == 4 + pixels
    assert int((changed[0, :, 15] == 200).sum()) == 24 + pixels


def test_every_hardship_grows_from_nothing_and_repeats_itself(images):
    for name, hard in hardships(0).items():
        changed = [hard.change(images, level) for level in hard.levels]
        none = hard.levels.index(1 if name == "scale" else 0)
        assert torch.equal(changed[none], images), name
        away = [float((each.float() - images.float()).abs().mean()) for each in changed]
        assert away[none:] == sorted(away[none:]), name
        assert away[: none + 1] == sorted(away[: none + 1], reverse=True), name
        assert torch.equal(hard.change(images, hard.levels[-1]), changed[-1]), name


def test_each_hardship_does_what_its_name_says(images):
    by_name = noises(seed=0) | variations()
    changed = {name: change(images) for name, change in by_name.items()}
    for name, result in changed.items():
        assert result.shape == images.shape, name
        assert result.dtype == torch.uint8, name
        assert not torch.equal(result, images), name
    assert len({str(each.tolist()) for each in changed.values()}) == len(by_name)


def test_the_noises_start_anew_from_their_seed(images):
    for name in noises(0):
        assert torch.equal(noises(0)[name](images), noises(0)[name](images))
        assert not torch.equal(noises(0)[name](images), noises(1)[name](images))


# Random distortions of training batches


@pytest.fixture
def batch(images):
    return images[:, None] / 255


def test_strength_0_distorts_nothing_and_draws_nothing(batch):
    drawn = generator()
    assert torch.equal(distort(batch, drawn, strength=0), batch)
    assert torch.equal(drawn.get_state(), generator().get_state())


def test_each_image_is_distorted_in_its_own_way_and_repeatably(batch):
    same = batch[:1].expand(5, -1, -1, -1)
    one = distort(same, generator(1))
    assert len({str(image.tolist()) for image in one}) == 5
    assert torch.equal(distort(same, generator(1)), one)
    assert not torch.equal(distort(same, generator(2)), one)


def test_distorted_digits_keep_their_form_range_and_most_of_their_ink(batch):
    distorted = distort(batch, generator())
    assert distorted.shape == batch.shape
    assert distorted.min() >= 0
    assert distorted.max() <= 1
    ink = distorted.sum((1, 2, 3)) / batch.sum((1, 2, 3))
    assert 0.5 < float(ink.min()) < float(ink.max()) < 2


def test_distortions_go_no_way_in_particular():
    """Of many blots in the middle, the mean stays in the middle."""
    blots = torch.zeros(2_000, 1, 32, 32)
    blots[:, :, 14:18, 14:18] = 1
    mean = distort(blots, generator()).mean((0, 1))
    places = torch.arange(32) - 15.5
    for axis in (0, 1):
        assert float((mean.sum(axis) * places).sum() / mean.sum()) == pytest.approx(
            0, abs=0.15
        )
    assert (mean > 0.01).sum() > 50, "they do not move at all"


def test_the_shift_is_as_large_as_asked_in_pixels():
    blots = torch.zeros(500, 1, 32, 32)
    blots[:, :, 15:17, 15:17] = 1
    places = torch.arange(32) - 15.5
    moved = distort(blots, generator(), strength=0.5, shift=8)
    for axis in (2, 3):
        ink = moved.sum((1, 5 - axis))
        centres = (ink * places).sum(1) / ink.sum(1)
        assert float(centres.abs().max()) == pytest.approx(4, abs=1.2)
        assert float(centres.std()) == pytest.approx(8 / 12**0.5, abs=0.4)

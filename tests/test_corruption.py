"""Corrupted digits against hand-computed pixels; the study of them against counts."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from lenet import corruptions
from lenet.config import Config
from lenet.corruptions import corrupt, transform
from lenet.predict import predict
from lenet.studies import corruption
from lenet.studies.runner import load_stored


@pytest.fixture
def images(sample):
    return sample.train.images[:20]


def rectangle(rows, columns, ink=255):
    """Return one digit: a rectangle of ink."""
    image = torch.zeros(1, 32, 32, dtype=torch.uint8)
    image[:, slice(*rows), slice(*columns)] = ink
    return image


def test_the_asked_share_of_pixels_is_inverted_and_no_other_changed(images):
    flipped = corruptions.flip_pixels(images, 0.1, Generator())
    same, inverted = flipped == images, flipped == 255 - images
    assert (same | inverted).all()
    # of 20,480 pixels: 4 standard deviations are 0.008
    assert float(inverted.float().mean()) == pytest.approx(0.1, abs=0.008)


@pytest.mark.parametrize(
    ("value", "mean", "sd"),  # of a normal law, clipped where black or white ends it
    [(128, 128, 25.5), (0, 10.2, 14.9), (255, 244.8, 14.9)],
)
def test_noise_has_its_sd_and_is_clipped_without_wrapping_round(value, mean, sd):
    field = rectangle((0, 32), (0, 32), value).repeat(50, 1, 1)
    noisy = corruptions.add_noise(field, 0.1, Generator()).float()
    assert float(noisy.mean()) == pytest.approx(mean, abs=1)
    assert float(noisy.std()) == pytest.approx(sd, rel=0.03)


@pytest.mark.parametrize("turns", [1, 2, -1])
def test_quarter_turns_go_counter_clockwise_and_are_exact(images, turns):
    turned = transform(images, degrees=90 * turns)
    assert torch.equal(turned, torch.rot90(images, turns, dims=(1, 2)))


@pytest.mark.parametrize(("way", "axis"), [("right", 2), ("down", 1)])
@pytest.mark.parametrize("pixels", [4, -3])
def test_a_shift_goes_its_way_by_whole_pixels(images, way, axis, pixels):
    expected = torch.roll(images, pixels, dims=axis)
    gap = torch.arange(pixels) if pixels > 0 else torch.arange(32 + pixels, 32)
    expected.index_fill_(axis, gap, 0)
    assert torch.equal(transform(images, **{way: pixels}), expected)


def test_a_digit_is_slanted_then_turned_then_shifted(images):
    turned = torch.rot90(transform(images, slant=0.3), 1, dims=(1, 2))
    expected = transform(turned, right=3)
    found = transform(images, slant=0.3, degrees=90, right=3)
    assert (found.float() - expected.float()).abs().max() <= 1, "more than rounding"


@pytest.mark.parametrize(("scale", "side"), [(0.5, 4), (2, 16)])
def test_scaling_is_about_the_centre(scale, side):
    scaled = transform(rectangle((12, 20), (12, 20)), scale=scale)
    assert torch.equal(scaled, torch.rot90(scaled, 2, dims=(1, 2))), "off the centre"
    assert float(scaled.sum()) / 255 == pytest.approx(side**2, rel=0.05)


def test_a_slant_moves_each_row_by_its_height_above_the_centre():
    slanted = transform(rectangle((6, 26), (15, 17)), slant=0.5).float()
    for row in (8, 12, 20, 24):
        centre = float(slanted[0, row] @ torch.arange(32.0) / slanted[0, row].sum())
        assert centre == pytest.approx(15.5 + 0.5 * (15.5 - row), abs=0.05)


def test_a_blurred_dot_is_a_gaussian_of_its_width_and_keeps_its_ink():
    dot = rectangle((14, 18), (14, 18))
    blurred = corruptions.blur(dot, 2.0)[0].double()
    assert float(blurred.sum()) == pytest.approx(float(dot.sum()), rel=0.02)
    offset = torch.arange(32.0).double() - 15.5
    variance = float((blurred.sum(0) * offset**2).sum() / blurred.sum())
    assert variance == pytest.approx(2.0**2 + (4**2 - 1) / 12, rel=0.05)


@pytest.mark.parametrize("pixels", [-2, -1, 0, 1, 3])
def test_a_stroke_becomes_thicker_by_so_many_pixels(pixels):
    changed = corruptions.thicken(rectangle((4, 28), (14, 18), 200), pixels)
    assert int((changed[0, 16] == 200).sum()) == 4 + pixels
    assert int((changed[0, :, 15] == 200).sum()) == 24 + pixels


@pytest.mark.parametrize("name", corruption.CORRUPTIONS)
def test_a_corruption_grows_from_nothing_and_repeats_itself(images, name):
    _, levels = corruption.CORRUPTIONS[name]
    changed = [corrupt(images, name, level, seed=1) for level in levels]
    none = levels.index(corruption.UNCHANGED.get(name, 0))
    assert torch.equal(changed[none], images)
    away = [float((each.float() - images.float()).abs().mean()) for each in changed]
    assert away[none:] == sorted(away[none:])
    assert away[: none + 1] == sorted(away[: none + 1], reverse=True)
    assert torch.equal(corrupt(images, name, levels[-1], seed=1), changed[-1])
    drawn = name in ("inverted pixels", "Gaussian noise")
    assert torch.equal(corrupt(images, name, levels[-1], seed=2), changed[-1]) != drawn


def test_what_the_first_report_tries_is_made_as_its_names_say(images):
    tried = corruptions.changes(corruptions.NOISES | corruptions.VARIATIONS, seed=3)
    noisy = corrupt(images, "inverted pixels", 0.1, seed=3)
    assert torch.equal(tried["10 % of the pixels inverted"](images), noisy)
    turned = transform(images, degrees=-30)
    assert torch.equal(tried["turned right by 30°"](images), turned)


# The study


def a_run(name="size", counts=()):
    """Return 10 errors of 1,000 at each level, but for counts such as {2: 51}."""
    found = {
        each: {"unit": "none", "levels": list(levels), "errors": [10] * len(levels)}
        for each, (_, levels) in corruption.CORRUPTIONS.items()
    }
    for level, count in dict(counts).items():
        found[name]["errors"][found[name]["levels"].index(level)] = count
    return {"corruptions": found, "num_test": 1_000}


def judged(clean, distorted):
    runs = 2 * [("clean", clean), ("distorted", distorted)]
    members = [{"member": {"trained": k}, "result": r} for k, r in runs]
    return corruption.claims({"members": members})


def test_errors_are_counted_level_by_level(sample, published_model, monkeypatch):
    asked, test = [], sample.read_test()[:100]
    trained = published_model, []
    monkeypatch.setattr(corruption, "fit", lambda *a, **_: asked.append(a) or trained)
    few = replace(sample, read_test=lambda: test)
    result = corruption.run(1, "distorted", few)
    assert asked[0][0] == Config(seed=1, distortion=1.0)
    assert asked[0][1] is sample.train
    for name, found in result["corruptions"].items():
        assert (found["unit"], tuple(found["levels"])) == corruption.CORRUPTIONS[name]
        images = (corrupt(test.images, name, each, 1) for each in found["levels"])
        preds = (predict(published_model, each).labels for each in images)
        assert found["errors"] == [int((p != test.labels).sum()) for p in preds]
    assert len({*found["errors"]}) > 1


def test_an_error_rate_is_that_of_the_stored_level_and_not_of_the_codes():
    runs = [a_run(counts={0.5: 100}), a_run(counts={0.5: 300})]
    runs[0]["corruptions"]["size"]["levels"][0] = 0.4
    assert corruption.errors_at(runs, "size", 0.4).mean == pytest.approx(20)
    with pytest.raises(ValueError, match=r"0\.5"):
        corruption.errors_at(runs, "size", 0.5)


@pytest.mark.parametrize(("count", "holds"), [(19, True), (21, False)])
def test_reading_under_noise_must_keep_below_twice_the_errors(count, holds):
    noise, variation, *_ = judged(a_run("inverted pixels", {0.1: count}), a_run())
    assert (noise.holds, variation.holds) == (holds, True)
    assert "the worst is inverted pixels 0.1" in noise.measured
    assert noise.measured.endswith(f"multiply by {count / 10:.1f}")


def test_a_claim_without_a_number_cannot_be_judged():
    *_, size, shift, rotation = judged(a_run(), a_run("rotation", {-30: 1_000}))
    for claim in (size, shift, rotation):
        assert (claim.holds, claim.rule) == (None, "")
    found = "100.0 and 1.0 % misread at rotation −30 and 30 (degrees left)"
    assert rotation.measured.startswith(found)


def test_training_with_distortions_helps_under_these_corruptions_and_levels():
    trained, found = corruption.by_training(load_stored("corruption")), {}
    for name, (_, levels) in corruption.CORRUPTIONS.items():
        rates = [corruption.level_errors(runs, name) for runs in trained.values()]
        clean, after = (each.mean(0) for each in rates)
        found[name] = [x for x, low in zip(levels, after < clean, strict=True) if low]
    for name in ("rotation", "shift right", "shift down", "size", "slant"):
        assert found[name] == list(corruption.CORRUPTIONS[name][1])
    assert found["inverted pixels"] == found["Gaussian noise"] == [0]
    assert found["blur"] == [0, 0.5, 1]
    assert found["stroke"] == [0, 1, 2, 3]
    told = corruption.not_told(*trained.values(), "blur", "stroke")
    assert told == "blur 1, blur 1.5, blur 2, blur 2.5, stroke −1 and stroke 2"


def test_each_corruption_shows_its_curve_and_its_digit_at_each_level(images):
    clean = [a_run("blur", {2.5: 400}), a_run("blur", {2.5: 200})]
    figure, alt = corruption.curves(images[0], clean, [a_run()])
    kinds = corruption.CORRUPTIONS.values()
    for axes, (_, levels) in zip(figure.axes, kinds, strict=True):
        (strip,) = axes.child_axes
        assert strip.images[0].get_array().shape == (32, 32 * len(levels))
        assert list(axes.lines[0].get_xdata()) == list(levels)
    assert figure.axes[2].lines[0].get_ydata()[-1] == pytest.approx(30)
    assert "blur 30 and 1" in alt
    assert figure.get_size_inches()[1] < 8.3, "higher than the page"

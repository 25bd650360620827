import io
import random
import warnings

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image, ImageOps

from lenet import Digits, Proportion, predict, read_image
from lenet.model import new_model
from lenet.predict import accuracy

# Reading tensors


@pytest.fixture(scope="module")
def model():
    return new_model(seed=0)


def test_probabilities_are_the_softmax_of_the_logits(model):
    images = torch.rand(7, 1, 32, 32)
    prediction = predict(model, images)
    with torch.no_grad():
        odds = np.exp(model(images).double().numpy())
    expected = odds / odds.sum(1, keepdims=True)
    np.testing.assert_allclose(prediction.probs.numpy(), expected, rtol=1e-5)
    assert prediction.labels.tolist() == expected.argmax(1).tolist()
    np.testing.assert_allclose(prediction.confidence, expected.max(1), rtol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_predictions_do_not_depend_on_the_batch_size(model, batch_size):
    images = torch.rand(7, 1, 32, 32)
    whole, parts = predict(model, images), predict(model, images, batch_size)
    torch.testing.assert_close(parts.probs, whole.probs)
    assert torch.equal(parts.labels, whole.labels)


def test_bytes_are_read_like_their_fractions(model, sample):
    images = sample.train.images[:5]
    one, two = predict(model, images), predict(model, images[:, None] / 255)
    assert torch.equal(one.probs, two.probs)


@pytest.mark.parametrize("was_training", [True, False])
def test_reading_leaves_the_model_as_it_was(model, was_training):
    model.train(was_training)
    probs = predict(model, torch.rand(2, 1, 32, 32)).probs
    assert model.training is was_training
    assert not probs.requires_grad


def test_nothing_to_read_is_an_error(model):
    with pytest.raises(ValueError, match="no images to read: give at least one"):
        predict(model, torch.zeros(0, 1, 32, 32))


def test_unpadded_images_are_refused_with_what_to_do(model):
    with pytest.raises(ValueError, match=r"lenet\.data\.pad"):
        predict(model, torch.zeros(2, 28, 28, dtype=torch.uint8))


def test_accuracy_counts_what_was_read_right(model):
    images = torch.randint(256, (6, 32, 32), dtype=torch.uint8)
    prediction = predict(model, images)
    labels = prediction.labels.clone()
    labels[:2] = (labels[:2] + 1) % 10
    assert accuracy(prediction, Digits(images, labels)) == Proportion(4, 6)
    with pytest.raises(ValueError, match="6 predictions, 5 digits"):
        accuracy(prediction, Digits(images[:5], labels[:5]))


# Pictures: the same digit, saved in every way


@pytest.fixture(scope="module")
def ink(sample):
    """A 5, neither symmetric nor the same upside down; 200 pixels high, ink 255."""
    digit = sample.train[(sample.train.labels == 5).nonzero().flatten()[:1]]
    small = Image.fromarray(digit.images[0].numpy())
    return small.resize((320, 320), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def drawn(ink):
    """The digit as most people have it: dark on light."""
    return ImageOps.invert(ink)


@pytest.fixture
def read(tmp_path):
    def save_and_read(picture, suffix="png", **how):
        picture.save(tmp_path / f"digit.{suffix}", **how)
        return read_image(tmp_path / f"digit.{suffix}").int()

    return save_and_read


def difference(one, other) -> float:
    """Mean difference in grey levels of 255, over the pixels with ink in either."""
    inked = (one > 0) | (other > 0)
    return float((one - other).abs()[inked].float().mean())


def test_the_measure_tells_a_mirrored_digit_from_the_digit(read, drawn):
    assert difference(read(drawn), read(ImageOps.mirror(drawn))) > 60
    assert difference(read(drawn), read(drawn.rotate(90))) > 60


def _on_nothing(colour):
    """Ink of a colour on a transparent ground."""

    def make(ink):
        picture = Image.new("RGBA", ink.size, colour)
        picture.putalpha(ink)
        return picture

    return make


def _on_nothing_in_grey(ink):
    return Image.merge("LA", (Image.new("L", ink.size), ink))


def _red_on_yellow(ink):
    return Image.composite(
        Image.new("RGB", ink.size, (200, 0, 0)),
        Image.new("RGB", ink.size, (255, 255, 120)),
        ink,
    )


def _sixteen_bits(ink):
    return Image.fromarray(257 * np.asarray(ImageOps.invert(ink)).astype(np.uint16))


SAME_DIGIT = {
    "light on dark": lambda ink: ink,
    "dark grey on light grey": lambda ink: ImageOps.invert(ink).point(
        lambda value: 80 + value // 2
    ),
    "light grey on dark grey": lambda ink: ink.point(lambda value: 80 + value // 2),
    "colour": lambda ink: ImageOps.invert(ink).convert("RGB"),
    "red on yellow": _red_on_yellow,
    "a palette": lambda ink: ImageOps.invert(ink).convert("RGB").quantize(32),
    "16 bits": _sixteen_bits,
    "black on nothing": _on_nothing("black"),
    "white on nothing": _on_nothing("white"),
    "blue on nothing": _on_nothing("blue"),
    "black on nothing, grey and alpha": _on_nothing_in_grey,
    "on nothing, with a palette": lambda ink: _on_nothing("black")(ink).quantize(32),
}


@pytest.mark.parametrize("make", SAME_DIGIT.values(), ids=SAME_DIGIT)
def test_a_digit_is_the_same_however_it_is_coloured(read, ink, drawn, make):
    assert difference(read(make(ink)), read(drawn)) < 12


def test_a_digit_is_the_same_in_two_tones(read, drawn):
    two_tones = drawn.convert("1", dither=Image.Dither.NONE)
    assert difference(read(two_tones), read(drawn)) < 40


@pytest.mark.parametrize(
    ("kind", "scale"),
    [("int32", 1), ("int32", 16), ("uint16", 16), ("float32", 1 / 255), ("float32", 1)],
)
def test_a_digit_is_the_same_on_any_scale_of_numbers(read, drawn, kind, scale):
    deep = (np.asarray(drawn).astype(float) * scale).astype(kind)
    assert difference(read(Image.fromarray(deep), "tiff"), read(drawn)) < 12


@pytest.mark.parametrize("suffix", ["jpg", "gif", "bmp", "webp", "tiff"])
def test_a_digit_is_the_same_in_every_format(read, drawn, suffix):
    assert difference(read(drawn, suffix), read(drawn)) < 5


def test_a_digit_is_the_same_in_a_printers_colours(read, drawn):
    assert difference(read(drawn.convert("CMYK"), "jpg"), read(drawn)) < 5


@pytest.mark.parametrize("size", [48, 100, 500, 3_000])
def test_a_digit_is_the_same_in_every_size(read, drawn, size):
    other = drawn.resize((size, size), Image.Resampling.LANCZOS)
    assert difference(read(other), read(drawn)) < 30


def test_a_digit_is_the_same_wherever_it_stands(read, drawn):
    page = Image.new("L", (700, 400), 255)
    page.paste(drawn, (380, 20))
    assert difference(read(page), read(drawn)) < 20


@pytest.mark.parametrize(
    ("orientation", "as_stored"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_camera_held_sideways_is_turned_back(read, drawn, orientation, as_stored):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = drawn.transpose(as_stored)
    assert difference(read(photo, "jpg", exif=exif), read(drawn)) < 5


# The form of MNIST


def test_the_ink_is_fitted_into_20_pixels_and_centred_by_mass(read, sample):
    for image in sample.train.images[:20]:
        digit = read(Image.fromarray(255 - image.numpy()).resize((320, 320)))[0]
        rows, columns = (digit.amax(axis).nonzero().flatten() for axis in (1, 0))
        sides = [int(each[-1] - each[0]) + 1 for each in (rows, columns)]
        assert max(sides) == 20
        assert digit.shape == (32, 32)
        assert digit.max() > 200
        places = torch.arange(32) + 0.5
        for axis, side in ((1, rows), (0, columns)):
            mass = float((digit.sum(axis) * places).sum() / digit.sum())
            at_edge = side[0] == 2 or side[-1] == 29
            assert at_edge or abs(mass - 16) <= 0.5


def test_the_aspect_is_kept(read):
    page = np.full((300, 300), 255, np.uint8)
    page[50:250, 140:180] = 0  # 200 x 40
    bar = read(Image.fromarray(page))[0]
    assert (int(bar.amax(1).count_nonzero()), int(bar.amax(0).count_nonzero())) == (
        20,
        4,
    )


# Pictures that cannot be read


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no picture at .*nine\.png"):
        read_image(tmp_path / "nine.png")


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_picture_says_so(read, value):
    with pytest.raises(ValueError, match=r"nothing stands out .* give one digit"):
        read(Image.new("L", (100, 100), value))


@pytest.mark.parametrize("mode", ["L", "I", "F"])
def test_a_single_pixel_is_blank(read, mode):
    with pytest.raises(ValueError, match="nothing stands out"):
        read(Image.new(mode, (1, 1)), "tiff")


def test_a_wholly_transparent_picture_is_blank(read):
    with pytest.raises(ValueError, match="nothing stands out"):
        read(Image.new("RGBA", (100, 100), (0, 0, 0, 0)))


def test_grain_alone_is_no_digit(read):
    grain = np.random.default_rng(0).normal(200, 3, (100, 100))
    with pytest.raises(ValueError, match="nothing stands out"):
        read(Image.fromarray(grain.astype(np.uint8)))


@pytest.mark.parametrize(
    "content", [b"", b"a text", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"GIF89a"]
)
def test_a_file_that_is_no_picture_says_what_to_give(tmp_path, content):
    path = tmp_path / "digit.png"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"cannot be read .* give a PNG or JPEG"
    ) as error:
        read_image(path)
    assert str(path) in str(error.value)


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        read_image(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif"])
def test_a_truncated_picture_is_never_read_in_part(tmp_path, drawn, suffix):
    path = tmp_path / f"digit.{suffix}"
    drawn.save(path)
    content = path.read_bytes()
    for share in (0.02, 0.3, 0.6, 0.9):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ValueError, match="cannot be read as a picture"):
            read_image(path)


@pytest.mark.parametrize(("suffix", "least"), [("png", 50), ("tiff", 0), ("webp", 0)])
def test_no_damage_to_a_picture_gives_another_kind_of_error(
    tmp_path, drawn, suffix, least
):
    buffer, path = io.BytesIO(), tmp_path / f"digit.{suffix}"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 1
    drawn.convert("RGB").save(buffer, suffix, exif=exif)
    places, refused = random.Random(0), 0
    for _ in range(60):
        damaged = bytearray(buffer.getvalue())
        damaged[places.randrange(len(damaged))] ^= 1 << places.randrange(8)
        path.write_bytes(damaged)
        with warnings.catch_warnings(action="ignore"):  # Pillow's, on damaged tags
            try:
                read_image(path)
            except ValueError as error:
                refused += path.name in str(error)
    assert refused >= least


def test_a_broken_table_of_tags_is_no_picture(tmp_path, drawn, monkeypatch):
    drawn.save(tmp_path / "digit.png")

    def broken(picture):
        raise SyntaxError("not a TIFF file")

    monkeypatch.setattr(ImageOps, "exif_transpose", broken)
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        read_image(tmp_path / "digit.png")


# Read right


def _as_it_is(image, rng):
    """The 28x28 pixels, light on dark, as in the usual copies of MNIST as pictures."""
    return Image.fromarray(image), "png"


def _on_a_page(image, rng):
    """Nine times as large, dark on light, off the centre of a page."""
    digit = Image.fromarray(255 - image).resize((252, 252), Image.Resampling.BICUBIC)
    left, top, right, bottom = rng.integers(0, 120, size=4)
    page = Image.new("L", (252 + left + right, 252 + top + bottom), 255)
    page.paste(digit, (left, top))
    return page, "jpg"


def _on_grainy_paper(image, rng):
    page, suffix = _on_a_page(image, rng)
    grey = 45 + 180 / 255 * np.asarray(page) + rng.normal(0, 6, page.size[::-1])
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8)), suffix


def _in_uneven_light(image, rng):
    """A photograph with a light gradient, the table's edge and three specks."""
    page, suffix = _on_a_page(image, rng)
    page = np.pad(np.asarray(page), 12, constant_values=255)
    for y, x in rng.integers(5, 250, size=(3, 2)):
        page[y : y + 4, x : x + 4] = 20
    light = np.linspace(230, 120, page.shape[1])
    grey = light * (0.25 + 0.75 * page / 255) + rng.normal(0, 4, page.shape)
    grey[:, :10] = 60
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8)), suffix


@pytest.mark.parametrize(
    "picture_of", [_as_it_is, _on_a_page, _on_grainy_paper, _in_uneven_light]
)
def test_pictures_of_test_digits_are_read_right(
    mnist, published_model, read, picture_of
):
    num_digits = 200 if picture_of is _on_a_page else 100
    digits, rng = mnist.read_test()[:num_digits], np.random.default_rng(0)
    images = []
    for image in digits.images[:, 2:30, 2:30].numpy():
        picture, suffix = picture_of(image, rng)
        images.append(read(picture, suffix))
    prediction = predict(published_model, torch.cat(images).to(torch.uint8))
    assert accuracy(prediction, digits).rate >= 0.95

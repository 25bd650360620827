import random
from contextlib import suppress

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from lenet import predict, read_image
from lenet.predict import accuracy


@pytest.fixture(scope="module")
def ink(sample):
    """A 5, neither symmetric nor the same upside down; 200 pixels high, ink 255."""
    digit = Image.fromarray(sample.train.images[sample.train.labels == 5][0].numpy())
    return digit.resize((320, 320), Image.Resampling.BICUBIC)


@pytest.fixture
def read(tmp_path):
    def save_and_read(picture, suffix="png", **how):
        picture.save(tmp_path / f"digit.{suffix}", **how)
        return read_image(tmp_path / f"digit.{suffix}").int()

    return save_and_read


# The same digit, saved in every way


def difference(one, other) -> float:
    """Mean difference in grey levels of 255, over the pixels with ink in either."""
    inked = (one > 0) | (other > 0)
    return float((one - other).abs()[inked].float().mean())


def drawn(ink, colour="black", paper="white"):
    """The digit as most people have it: dark on light, in colour."""
    return ImageOps.colorize(ink, paper, colour)


def on_nothing(ink, colour="black"):
    """Ink of a colour on a transparent ground."""
    picture = Image.new("RGBA", ink.size, colour)
    picture.putalpha(ink)
    return picture


def numbers(ink, kind, scale):
    """Dark on light, in other numbers than bytes."""
    return Image.fromarray(((255.0 - np.asarray(ink)) * scale).astype(kind))


def turned(ink):
    """As a camera that was held sideways stores it: pixels turned, and a tag."""
    photo = drawn(ink).transpose(Image.Transpose.ROTATE_90)
    photo.getexif()[0x0112] = 6
    return photo


SAME_DIGIT = {  # how it is made, in which format, and the largest difference
    "light on dark": (lambda ink: ink, "png", 12),
    "light grey on dark grey": (lambda ink: drawn(ink, "#ccc", "#555"), "png", 12),
    "dark grey on light grey": (lambda ink: drawn(ink, "#555", "#ccc"), "png", 12),
    "red on yellow": (lambda ink: drawn(ink, "#c00", "#ff7"), "png", 12),
    "two tones": (lambda ink: ink.convert("1", dither=Image.Dither.NONE), "png", 40),
    "black on nothing": (on_nothing, "png", 12),
    "white on nothing": (lambda ink: on_nothing(ink, "white"), "png", 12),
    "grey and alpha": (lambda ink: on_nothing(ink).convert("LA"), "png", 12),
    "palette and alpha": (lambda ink: on_nothing(ink).quantize(32), "png", 12),
    "12 bits of 16": (lambda ink: numbers(ink, "uint16", 16), "png", 12),
    "32 bits": (lambda ink: numbers(ink, "int32", 16), "tiff", 12),
    "fractions": (lambda ink: numbers(ink, "float32", 1 / 255), "tiff", 12),
    "printer's colours": (lambda ink: drawn(ink).convert("CMYK"), "jpg", 5),
    "GIF": (drawn, "gif", 5),
    "WebP": (drawn, "webp", 5),
    "small": (lambda ink: drawn(ink).resize((48, 48)), "png", 30),
    "large": (lambda ink: drawn(ink).resize((3_000, 3_000)), "png", 30),
    "in a corner": (lambda ink: ImageOps.expand(ink, (380, 20, 0, 60)), "png", 20),
    "turned, with a tag that says so": (turned, "jpg", 5),
}


@pytest.mark.parametrize(
    ("make", "suffix", "limit"), SAME_DIGIT.values(), ids=SAME_DIGIT
)
def test_a_digit_is_the_same_however_it_comes(read, ink, make, suffix, limit):
    picture, plain = make(ink), read(drawn(ink))
    assert difference(read(picture, suffix, exif=picture.getexif()), plain) < limit
    assert difference(read(ImageOps.mirror(ink)), plain) > 60, "the measure tells"


# The form of MNIST


def test_the_ink_is_fitted_into_20_pixels_and_centred_by_mass(read, sample):
    for image in sample.train.images[:20]:
        digit = read(Image.fromarray(255 - image.numpy()).resize((320, 320)))[0]
        rows, columns = (digit.amax(axis).nonzero().flatten() for axis in (1, 0))
        assert max(int(each[-1] - each[0]) + 1 for each in (rows, columns)) == 20
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
    assert [int(bar.amax(axis).count_nonzero()) for axis in (1, 0)] == [20, 4]


# Pictures that cannot be read


GRAIN = np.random.default_rng(0).normal(200, 3, (100, 100)).astype(np.uint8)
BLANK = {
    "white": Image.new("L", (100, 100), 255),
    "transparent": Image.new("RGBA", (100, 100), (0, 0, 0, 0)),
    "one whole number": Image.new("I", (1, 1)),
    "grain": Image.fromarray(GRAIN),
}


@pytest.mark.parametrize("picture", BLANK.values(), ids=BLANK)
def test_a_picture_without_a_digit_says_so(read, picture):
    with pytest.raises(ValueError, match=r"nothing stands out .* give one digit"):
        read(picture, "tiff")


def test_a_missing_file_a_part_of_a_picture_and_other_files_are_refused(
    read, tmp_path, ink
):
    path = tmp_path / "digit.png"
    with pytest.raises(FileNotFoundError, match=f"no picture at {path}"):
        read_image(path)
    read(ink)
    content = path.read_bytes()
    parts = [content[: int(share * len(content))] for share in (0, 0.02, 0.3, 0.9)]
    for each in (*parts, b"a text", b"%PDF-1.7"):
        path.write_bytes(each)
        with pytest.raises(ValueError, match=rf"{path} cannot be .* a PNG or JPEG"):
            read_image(path)
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        read_image(tmp_path)
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        read(ink, exif=b"Exif\0\0no table of tags")


@pytest.mark.filterwarnings("ignore")  # Pillow's, on damaged tags
@pytest.mark.parametrize("suffix", ["png", "tiff", "webp"])
def test_no_flipped_bit_gives_another_kind_of_error(tmp_path, ink, suffix):
    path = tmp_path / f"digit.{suffix}"
    turned(ink).save(path)
    content = path.read_bytes()
    for place in random.Random(0).sample(range(len(content)), 60):
        flipped = bytes([content[place] ^ 1])
        path.write_bytes(content[:place] + flipped + content[place + 1 :])
        with suppress(ValueError):
            read_image(path)


# Read right


def as_it_is(image, rng):
    """The 28x28 pixels, light on dark, as in the usual copies of MNIST as pictures."""
    return image


def on_a_page(image, rng):
    """Nine times as large, dark on light, off the centre of a page."""
    digit = Image.fromarray(255 - image).resize((252, 252), Image.Resampling.BICUBIC)
    margins = rng.integers(0, 120, size=(2, 2))
    return np.pad(np.asarray(digit), margins, constant_values=255)


def in_uneven_light(image, rng):
    """A grainy photograph with a gradient, the table's edge and three specks."""
    page = np.pad(on_a_page(image, rng), 12, constant_values=255)
    for y, x in rng.integers(5, 250, size=(3, 2)):
        page[y : y + 4, x : x + 4] = 20
    light = np.linspace(230, 120, page.shape[1])
    photo = light * (0.25 + 0.75 * page / 255) + rng.normal(0, 4, page.shape)
    photo[:, :10] = 60
    return photo.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture_of", "suffix"),
    [(as_it_is, "png"), (on_a_page, "jpg"), (in_uneven_light, "jpg")],
)
def test_pictures_of_test_digits_are_read_right(
    mnist, published_model, read, picture_of, suffix
):
    digits, rng = mnist.read_test()[:100], np.random.default_rng(0)
    small = digits.images[:, 2:30, 2:30].numpy()
    images = [read(Image.fromarray(picture_of(each, rng)), suffix) for each in small]
    prediction = predict(published_model, torch.cat(images).to(torch.uint8))
    assert accuracy(prediction, digits).rate >= 0.95

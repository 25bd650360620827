import io
import random
import warnings

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from lenet import predict, read_image
from lenet.predict import accuracy

# The same digit, saved in every way


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


def difference(one, other) -> float:
    """Mean difference in grey levels of 255, over the pixels with ink in either."""
    inked = (one > 0) | (other > 0)
    return float((one - other).abs()[inked].float().mean())


def test_the_measure_tells_a_mirrored_digit_from_the_digit(read, ink):
    assert difference(read(ink), read(ImageOps.mirror(ink))) > 60
    assert difference(read(ink), read(ink.rotate(90))) > 60


def _drawn(ink):
    """The digit as most people have it: dark on light, in colour."""
    return ImageOps.invert(ink).convert("RGB")


def _grey(ink):
    return ink.point(lambda value: 80 + value // 2)


def _on_nothing(ink, colour="black"):
    """Ink of a colour on a transparent ground."""
    picture = Image.new("RGBA", ink.size, colour)
    picture.putalpha(ink)
    return picture


def _red_on_yellow(ink):
    colours = (200, 0, 0), (255, 255, 120)
    return Image.composite(*(Image.new("RGB", ink.size, c) for c in colours), ink)


def _in_a_corner(ink):
    page = Image.new("L", (700, 400))
    page.paste(ink, (380, 20))
    return page


def _resized(size):
    return lambda ink: _drawn(ink).resize(size, Image.Resampling.LANCZOS)


def _numbers(kind, scale):
    """Dark on light, in other numbers than bytes."""
    return lambda ink: Image.fromarray(((255.0 - np.asarray(ink)) * scale).astype(kind))


def _turned(orientation, transpose):
    """As a camera that was held sideways stores it: pixels turned, and a tag."""

    def make(ink):
        photo = _drawn(ink).transpose(transpose)
        photo.getexif()[0x0112] = orientation
        return photo

    return make


SAME_DIGIT = {  # how it is made, in which format, and the largest difference
    "light on dark": (lambda ink: ink, "png", 12),
    "light grey on dark grey": (_grey, "png", 12),
    "dark grey on light grey": (lambda ink: _grey(ImageOps.invert(ink)), "png", 12),
    "red on yellow": (_red_on_yellow, "png", 12),
    "a palette": (lambda ink: _drawn(ink).quantize(32), "png", 12),
    "two tones": (lambda ink: ink.convert("1", dither=Image.Dither.NONE), "png", 40),
    "black on nothing": (_on_nothing, "png", 12),
    "white on nothing": (lambda ink: _on_nothing(ink, "white"), "png", 12),
    "blue on nothing": (lambda ink: _on_nothing(ink, "blue"), "png", 12),
    "grey and alpha": (lambda ink: _on_nothing(ink).convert("LA"), "png", 12),
    "palette and alpha": (lambda ink: _on_nothing(ink).quantize(32), "png", 12),
    "16 bits": (_numbers("uint16", 257), "png", 12),
    "12 bits of 16": (_numbers("uint16", 16), "tiff", 12),
    "32 bits": (_numbers("int32", 16), "tiff", 12),
    "fractions": (_numbers("float32", 1 / 255), "tiff", 12),
    "printer's colours": (lambda ink: _drawn(ink).convert("CMYK"), "jpg", 5),
    "JPEG": (_drawn, "jpg", 5),
    "GIF": (_drawn, "gif", 5),
    "BMP": (_drawn, "bmp", 5),
    "WebP": (_drawn, "webp", 5),
    "TIFF": (_drawn, "tiff", 5),
    "small": (_resized((48, 48)), "png", 30),
    "large": (_resized((3_000, 3_000)), "png", 30),
    "in a corner": (_in_a_corner, "png", 20),
    "upside down": (_turned(3, Image.Transpose.ROTATE_180), "jpg", 5),
    "turned left": (_turned(6, Image.Transpose.ROTATE_90), "jpg", 5),
    "turned right": (_turned(8, Image.Transpose.ROTATE_270), "jpg", 5),
}


@pytest.mark.parametrize(
    ("make", "suffix", "limit"), SAME_DIGIT.values(), ids=SAME_DIGIT
)
def test_a_digit_is_the_same_however_it_comes(read, ink, make, suffix, limit):
    picture = make(ink)
    found = read(picture, suffix, exif=picture.getexif())
    assert difference(found, read(_drawn(ink))) < limit


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
    "black": Image.new("L", (100, 100), 0),
    "white": Image.new("L", (100, 100), 255),
    "transparent": Image.new("RGBA", (100, 100), (0, 0, 0, 0)),
    "one whole number": Image.new("I", (1, 1)),
    "one fraction": Image.new("F", (1, 1)),
    "grain": Image.fromarray(GRAIN),
}


@pytest.mark.parametrize("picture", BLANK.values(), ids=BLANK)
def test_a_picture_without_a_digit_says_so(read, picture):
    with pytest.raises(ValueError, match=r"nothing stands out .* give one digit"):
        read(picture, "tiff")


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif"])
def test_a_missing_file_a_part_of_a_picture_and_other_files_are_refused(
    tmp_path, ink, suffix
):
    path, buffer = tmp_path / "nine.png", io.BytesIO()
    with pytest.raises(FileNotFoundError, match=f"no picture at {path}"):
        read_image(path)
    ink.save(buffer, {"jpg": "jpeg"}.get(suffix, suffix))
    content = buffer.getvalue()
    parts = [content[: int(share * len(content))] for share in (0, 0.02, 0.3, 0.6, 0.9)]
    for each in (*parts, b"a text", b"%PDF-1.7"):
        path.write_bytes(each)
        with pytest.raises(ValueError, match=rf"{path} cannot be .* a PNG or JPEG"):
            read_image(path)


@pytest.mark.parametrize(("suffix", "least"), [("png", 50), ("tiff", 0), ("webp", 0)])
def test_no_damage_to_a_picture_gives_another_kind_of_error(
    tmp_path, ink, suffix, least
):
    buffer, path = io.BytesIO(), tmp_path / f"digit.{suffix}"
    _turned(3, Image.Transpose.ROTATE_180)(ink).save(buffer, suffix)
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


def test_a_folder_and_a_broken_table_of_tags_are_no_pictures(read, ink, tmp_path):
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        read_image(tmp_path)
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        read(ink, exif=b"Exif\0\0no table of tags")


# Read right


def _as_it_is(image, rng):
    """The 28x28 pixels, light on dark, as in the usual copies of MNIST as pictures."""
    return image


def _on_a_page(image, rng):
    """Nine times as large, dark on light, off the centre of a page."""
    digit = Image.fromarray(255 - image).resize((252, 252), Image.Resampling.BICUBIC)
    margins = rng.integers(0, 120, size=(2, 2))
    return np.pad(np.asarray(digit), margins, constant_values=255)


def _in_uneven_light(image, rng):
    """A grainy photograph with a gradient, the table's edge and three specks."""
    page = np.pad(_on_a_page(image, rng), 12, constant_values=255)
    for y, x in rng.integers(5, 250, size=(3, 2)):
        page[y : y + 4, x : x + 4] = 20
    light = np.linspace(230, 120, page.shape[1])
    grey = light * (0.25 + 0.75 * page / 255) + rng.normal(0, 4, page.shape)
    grey[:, :10] = 60
    return grey.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("picture_of", [_as_it_is, _on_a_page, _in_uneven_light])
def test_pictures_of_test_digits_are_read_right(
    mnist, published_model, read, picture_of
):
    digits, rng = mnist.read_test()[:100], np.random.default_rng(0)
    suffix = "png" if picture_of is _as_it_is else "jpg"
    small = digits.images[:, 2:30, 2:30].numpy()
    images = [read(Image.fromarray(picture_of(each, rng)), suffix) for each in small]
    prediction = predict(published_model, torch.cat(images).to(torch.uint8))
    assert accuracy(prediction, digits).rate >= 0.95

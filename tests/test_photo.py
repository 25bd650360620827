import itertools
import random
import sys
from contextlib import suppress

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageOps

from lenet import predict, read_image, read_images
from lenet.photo.strokes import find_digits
from lenet.predict import accuracy


@pytest.fixture(scope="module")
def ink(sample):
    """A 5, neither symmetric nor the same upside down; 200 pixels high, ink 255."""
    digit = Image.fromarray(sample.train.images[sample.train.labels == 5][0].numpy())
    return digit.resize((320, 320), Image.Resampling.BICUBIC)


@pytest.fixture
def save(tmp_path):
    def save(picture, suffix="png", **how):
        picture.save(tmp_path / f"digit.{suffix}", **how)
        return tmp_path / f"digit.{suffix}"

    return save


@pytest.fixture
def read(save):
    return lambda *picture, **how: read_image(save(*picture, **how)).int()


# The same digit, saved in every way


def difference(one, other) -> float:
    """Mean difference in grey levels of 255, over the pixels with ink in either.

    The centre of mass is rounded to a pixel, so that the nearest of 9 places counts.
    """

    def at(place):
        moved = other.roll(place, (1, 2))
        inked = (one > 0) | (moved > 0)
        return float((one - moved).abs()[inked].float().mean())

    return min(map(at, itertools.product((-1, 0, 1), repeat=2)))


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
    "in a corner": (lambda ink: ImageOps.expand(ink, (380, 20, 0, 60)), "png", 30),
    "turned, with a tag that says so": (turned, "jpg", 5),
}


@pytest.mark.parametrize(
    ("make", "suffix", "limit"), SAME_DIGIT.values(), ids=SAME_DIGIT
)
def test_a_digit_is_the_same_however_it_comes(read, ink, make, suffix, limit):
    picture, plain = make(ink), read(drawn(ink))
    assert difference(read(picture, suffix, exif=picture.getexif()), plain) < limit
    assert difference(read(ImageOps.mirror(ink)), plain) > 60, "the measure tells"


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
@pytest.mark.parametrize("fullest", [0, 1, 2])
def test_of_an_animation_the_fullest_frame_is_read(read, ink, suffix, fullest):
    half = ink.copy()
    half.paste(0, (0, 0, 320, 160))
    frames = [drawn(each) for each in (half, half.rotate(1), half)]
    frames[fullest] = drawn(ink)
    picture = read(frames[0], suffix, save_all=True, append_images=frames[1:])
    assert difference(picture, read(drawn(ink))) < 12


def test_heic_is_read_where_its_reader_is_installed(read, ink):
    pytest.importorskip("pillow_heif").register_heif_opener()
    assert difference(read(drawn(ink), "heic"), read(drawn(ink))) < 12


# The form of MNIST


def test_the_ink_is_fitted_into_20_pixels_and_centred_by_mass(read, sample):
    for image in sample.train.images[:10]:
        digit = read(Image.fromarray(255 - image.numpy()).resize((320, 320)))[0]
        assert digit.shape == (32, 32)
        assert digit.max() > 200
        sides = [digit.amax(axis).nonzero().flatten() for axis in (1, 0)]
        assert max(int(side[-1] - side[0]) + 1 for side in sides) == 20
        for axis, side in zip((1, 0), sides, strict=True):
            mass = np.average(torch.arange(32) + 0.5, weights=digit.sum(axis))
            at_edge = side[0] == 2 or side[-1] == 29
            assert at_edge or abs(mass - 16) <= 0.5


def test_the_aspect_is_kept(read):
    page = np.full((300, 300), 255, np.uint8)
    page[50:250, 140:180] = 0  # 200 x 40
    bar = read(Image.fromarray(page))[0]
    assert [int(bar.amax(axis).count_nonzero()) for axis in (1, 0)] == [20, 4]


# The same digit on other paper


def on_a_table(digit, turn=0):
    sheet = Image.new("L", digit.size, 255).rotate(turn, expand=True)
    picture = Image.new("RGB", (sheet.width + 160, sheet.height + 120), "#5c3c28")
    picture.paste(digit.rotate(turn, expand=True), (90, 50), sheet)
    return picture


def in_a_box(digit, line, turn=0):
    page = ImageOps.expand(digit, 80, "white")
    box = (60, 50, page.width - 45, page.height - 60)
    ImageDraw.Draw(page).rectangle(box, outline="#222", width=line)
    return page.rotate(turn, Image.Resampling.BICUBIC, fillcolor="white")


def ruled(digit, step, colour="#7896c8", upright=True):
    page = digit.copy()
    draw = ImageDraw.Draw(page)
    for at in range(11, page.width, step):
        draw.line((0, at, page.width, at), fill=colour, width=2)
        if upright:
            draw.line((at, 0, at, page.height), fill=colour, width=2)
    return Image.fromarray(np.minimum(page, digit))


OTHER_PAPER = {  # how it is made, how far it is turned, and the largest difference
    "a sheet on a table": (on_a_table, 0, 20),
    "a turned sheet on a table": (lambda digit: on_a_table(digit, 12), 12, 40),
    "white ink on a board": (lambda d: ImageOps.invert(on_a_table(d, 8)), 8, 40),
    "a thin box": (lambda digit: in_a_box(digit, 3), 0, 40),
    "a thick box": (lambda digit: in_a_box(digit, 14), 0, 40),
    "a turned box": (lambda digit: in_a_box(digit, 5, 4), 4, 40),
    "a box on a sheet on a table": (lambda d: on_a_table(in_a_box(d, 5)), 0, 40),
    "squared paper": (lambda digit: ruled(digit, 27), 0, 55),
    "ruled paper": (lambda digit: ruled(digit, 40, "#555", upright=False), 0, 55),
}


@pytest.mark.parametrize(
    ("make", "turn", "limit"), OTHER_PAPER.values(), ids=OTHER_PAPER
)
def test_a_digit_is_the_same_on_other_paper(read, ink, make, turn, limit):
    plain = drawn(ink).rotate(turn, expand=True, fillcolor="white")
    assert difference(read(make(drawn(ink))), read(plain)) < limit


# The same digit in other strokes


def written(pen):
    """A 5 in strokes of a width, 260 high."""
    page = Image.new("RGB", (460, 460), "#f5f4f0")
    draw = ImageDraw.Draw(page)
    points = [(310, 110), (190, 110), (180, 220)]
    angles = np.radians(np.arange(-110, 151, 5))
    points += [(235 + 75 * np.cos(a), 285 + 75 * np.sin(a)) for a in angles]
    draw.line(points, fill="#1e1e3c", width=pen, joint="curve")
    for x, y in points:
        draw.circle((x, y), pen / 2, fill="#1e1e3c")
    return page


def cut_to_the_ink(digit):
    dark = digit.convert("L").point(lambda grey: 255 * (grey < 128))
    return digit.crop(dark.getbbox())


@pytest.mark.parametrize("change", [lambda picture: picture, ImageOps.invert])
@pytest.mark.parametrize("pen", [12, 30, 50, 64])
def test_paper_is_told_from_ink_without_a_margin(read, pen, change):
    whole, cut = written(pen), cut_to_the_ink(written(pen))
    assert difference(read(change(cut)), read(change(whole))) < 45


@pytest.mark.parametrize("pen", [3, 8, 14])
def test_a_thin_pen_writes_the_same_digit(read, pen):
    assert difference(read(written(pen)), read(written(26))) < 40


@pytest.mark.parametrize("share", [0.5, 0.35, 0.2])
def test_the_pale_half_of_a_stroke_is_kept(read, share):
    contrast = 245.0 - np.asarray(written(26))
    contrast[:230] *= share
    page = Image.fromarray((245 - contrast).clip(0, 255).astype(np.uint8))
    digit = read(page.resize((64, 64), Image.Resampling.BOX))
    assert difference(digit, read(written(26))) < 60
    assert digit[0, 6:10].amax(1).min() > 100, "the bar of the 5"


def test_a_digit_in_parts_is_one_and_specks_are_none(read):
    page = Image.new("L", (300, 300), 255)
    draw = ImageDraw.Draw(page)
    draw.line([(165, 60), (215, 60)], width=14)  # the bar of a 5, off its body
    draw.line([(140, 80), (135, 140)], width=14)
    draw.arc((110, 130, 210, 250), -120, 150, width=14)
    draw.ellipse((30, 200, 36, 206), fill=0)
    whole = read(page)
    draw.rectangle((100, 185, 230, 189), fill=255)  # a stroke that broke
    assert difference(read(page), whole) < 60


# Several digits


def side_by_side(digits):
    """Digits in a row, up and down in turn."""
    cut = [cut_to_the_ink(each) for each in digits]
    page, left = Image.new("RGB", (350 * len(cut), 460), "white"), 30
    for number, each in enumerate(cut):
        page.paste(each, (left, 60 + 25 * (number % 2)))
        left += each.width + 30
    return page.crop((0, 0, left, 460))


@pytest.mark.parametrize("count", [2, 4])
def test_digits_side_by_side_are_read_from_left_to_right(save, read, sample, count):
    images = sample.train.images[:count].numpy()
    row = [drawn(Image.fromarray(each).resize((320, 320))) for each in images]
    path = save(side_by_side(row))
    with pytest.raises(ValueError, match=f"{count} digits are seen, not one: give"):
        read_image(path)
    for image, alone in zip(read_images(path), row, strict=True):
        assert difference(image.int()[None], read(alone)) < 60


def test_digits_in_boxes_are_read_one_by_one(save, ink):
    one, other = in_a_box(drawn(ink), 4), in_a_box(drawn(ImageOps.mirror(ink)), 4)
    assert len(read_images(save(Image.fromarray(np.hstack([one, other]))))) == 2


# Pictures that cannot be read


def spots(size):
    """Light and dark without any stroke, in spots of a size."""
    noise = np.random.default_rng(0).normal(128, 60, size=2 * [240 // size])
    grey = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    return grey.resize((240, 240), Image.Resampling.NEAREST)


GRAIN = np.random.default_rng(0).normal(200, 3, (100, 100)).astype(np.uint8)
CHESS = np.kron(np.indices((8, 8)).sum(0) % 2, np.full((25, 25), 255))
NO_DIGIT = {
    "white": Image.new("L", (100, 100), 255),
    "transparent": Image.new("RGBA", (100, 100), (0, 0, 0, 0)),
    "one whole number": Image.new("I", (1, 1)),
    "grain": Image.fromarray(GRAIN),
    "noise": spots(1),
    "coarse noise": spots(3),
    "a chessboard": Image.fromarray(CHESS.astype(np.uint8)),
    "a blot": ImageOps.expand(Image.new("L", (60, 60)), 90, 255),
    "a stroke too pale": ImageOps.expand(Image.new("L", (20, 90), 230), 60, 255),
}


@pytest.mark.parametrize("picture", NO_DIGIT.values(), ids=NO_DIGIT)
def test_a_picture_without_strokes_on_paper_says_so(read, picture):
    with pytest.raises(ValueError, match=r"nothing stands out .* give one digit"):
        read(picture, "tiff")


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 200), (200, 1), (200, 2), (200, 9), (53, 9)]
)
def test_in_a_picture_of_any_size_strokes_are_found_or_none(save, size):
    noise = np.random.default_rng(0).integers(256, size=size).astype(np.uint8)
    line, thin = np.zeros((2, *size), np.uint8)
    line[size[0] // 2 :, size[1] // 2 :] = 255
    thin[size[0] // 4 :, size[1] // 2] = 255
    for page in (noise, line, thin):
        picture = Image.fromarray(page)
        digits = find_digits(picture.convert("RGBA"))
        assert all(digit.max() > 127 for digit in digits)
        if digits:
            assert read_images(save(picture)).any()


def test_heic_without_its_reader_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "digit.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(ValueError, match="HEIC needs `pip install pillow-heif`"):
        read_image(tmp_path / "digit.heic")


def test_a_missing_file_a_part_of_a_picture_and_other_files_are_refused(
    save, read, tmp_path, ink
):
    with pytest.raises(FileNotFoundError, match=f"no picture at {tmp_path}/none.png"):
        read_image(tmp_path / "none.png")
    path = save(ink)
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
def test_no_flipped_bit_gives_another_kind_of_error(save, ink, suffix):
    path = save(turned(ink.resize((48, 48))), suffix)
    content = path.read_bytes()
    for place in random.Random(0).sample(range(len(content)), 60):
        flipped = bytes([content[place] ^ 1])
        path.write_bytes(content[:place] + flipped + content[place + 1 :])
        with suppress(ValueError):
            read_image(path)


# Read right


def on_a_page(image, rng):
    """Nine times as large, dark on light, off the centre of a page."""
    digit = Image.fromarray(255 - image).resize((252, 252), Image.Resampling.BICUBIC)
    margins = rng.integers(0, 120, size=(2, 2))
    page = np.pad(np.asarray(digit), margins, constant_values=255)
    return Image.fromarray(page).convert("RGB")


def in_uneven_light(image, rng):
    """A grainy photograph with a gradient, the table's edge and three specks."""
    page = np.pad(on_a_page(image, rng).convert("L"), 12, constant_values=255)
    for y, x in rng.integers(5, 250, size=(3, 2)):
        page[y : y + 4, x : x + 4] = 20
    light = np.linspace(230, 120, page.shape[1])
    photo = light * (0.25 + 0.75 * page / 255) + rng.normal(0, 4, page.shape)
    photo[:, :10] = 60
    return Image.fromarray(photo.clip(0, 255).astype(np.uint8))


SCENES = {  # of a digit, and of random draws
    "28x28 pixels": lambda image, rng: Image.fromarray(image),
    "a page": on_a_page,
    "uneven light": in_uneven_light,
    "a turned sheet": lambda *d: on_a_table(on_a_page(*d), d[1].uniform(-10, 10)),
    "a printed box": lambda *d: in_a_box(on_a_page(*d), int(d[1].integers(3, 12))),
    "squared paper": lambda *d: ruled(on_a_page(*d), int(d[1].integers(25, 45))),
}


@pytest.mark.parametrize("picture_of", SCENES.values(), ids=SCENES)
def test_pictures_of_test_digits_are_read_right(
    mnist, published_model, read, picture_of
):
    digits, rng = mnist.read_test()[:40], np.random.default_rng(0)
    small = digits.images[:, 2:30, 2:30].numpy()
    images = [read(picture_of(each, rng), "jpg") for each in small]
    prediction = predict(published_model, torch.cat(images).to(torch.uint8))
    assert accuracy(prediction, digits).rate > 0.97, "one mistake at most"

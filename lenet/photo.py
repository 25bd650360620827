"""Bring a picture of a handwritten digit, as people have it, to the form of MNIST."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from scipy import ndimage
from torch import Tensor

from lenet.data import pad

BOX_SIZE = 20  # MNIST fits the ink into 20x20 pixels, aspect kept (sec. III-A) ...
FRAME_SIZE = 28  # ... and centres it by mass in 28x28
WORK_SIZE = 200  # larger pictures are reduced to this first; a digit needs no more
MIN_CONTRAST = 32  # grey levels of 255 between ink and paper
# What Pillow raises on a damaged file, the last on a broken table of contents.
UNREADABLE = OSError, Image.DecompressionBombError, SyntaxError


def read_image(path: Path | str) -> Tensor:
    """Bring a picture of one handwritten digit to the form of MNIST.

    The picture may have any size, be dark on light or light on dark, in grey, colour or
    with transparency. Ink becomes bright on black; it is cropped, fitted into 20x20
    pixels, centred by mass in 28x28 and padded to 32x32.

    Returns:
        ``(1, 32, 32)`` uint8.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no picture, or nothing stands out from the background.
    """
    ink = _ink(_open(Path(path)))
    if ink.max() < MIN_CONTRAST:
        remedy = "give one digit, dark on light or light on dark"
        raise ValueError(f"{path}: nothing stands out from the background: {remedy}")
    ink = _thickened(_strokes(ink))
    return pad(torch.tensor(_centre(_fit(_crop(ink))))[None])


def _open(path: Path) -> Image.Image:
    if not path.exists():
        raise FileNotFoundError(f"no picture at {path}")
    try:
        with Image.open(path) as picture:
            picture = ImageOps.exif_transpose(picture)
            if picture.mode[0] in "IF":  # beyond 8 bits, which convert() would clip
                deep = np.asarray(picture, float).clip(0)
                grey = 255 * deep / max(deep.max(), 1e-9)
                picture = Image.fromarray(grey.astype(np.uint8))
            picture = picture.convert("RGBA")
    except UNREADABLE as error:
        remedy = "give a PNG or JPEG file"
        message = f"{path} cannot be read as a picture ({error}): {remedy}"
        raise ValueError(message) from error
    picture.thumbnail((WORK_SIZE, WORK_SIZE), Image.Resampling.BOX)
    return picture


def _ink(picture: Image.Image) -> np.ndarray:
    """Return how far each pixel is from the paper around it, 0 to 255.

    A transparent picture is laid on white, or on black where white would swallow it.
    Ink is darker or lighter than paper, whichever stands out more.
    """
    grounds = (Image.new("RGBA", picture.size, each) for each in ("white", "black"))
    greys = [Image.alpha_composite(each, picture).convert("L") for each in grounds]
    picture = max(greys, key=np.ptp)
    grey = ndimage.gaussian_filter(np.asarray(picture, float), max(picture.size) / 400)
    difference = grey - _paper(picture)
    return (difference * np.sign((difference**3).sum())).clip(0)


def _paper(picture: Image.Image) -> np.ndarray:
    """Return the light on the paper: the median of a wide neighbourhood."""
    small = picture.copy()
    small.thumbnail((40, 40), Image.Resampling.BOX)
    wide = ndimage.median_filter(np.asarray(small), max(1, int(0.7 * max(small.size))))
    return np.asarray(Image.fromarray(wide).resize(picture.size), float)


def _strokes(ink: np.ndarray) -> np.ndarray:
    """Set all but the digit to 0, paper grain and specks too, and full ink to 255."""
    threshold = _otsu(ink)
    parts, _ = ndimage.label(ink > threshold, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    inside = sizes.copy()
    inside[np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])] = 0
    if inside.max() > sizes.max() / 10:  # what reaches the border is not the digit
        sizes = inside
    digit = (sizes > sizes.max() / 10)[parts]
    full, floor = np.median(ink[digit]), threshold / 2
    near = ndimage.maximum_filter(digit, 3 + 2 * (max(ink.shape) // 100))
    return near * ((ink - floor) / (full - floor)).clip(0, 1) * 255


def _otsu(values: np.ndarray) -> float:
    """Return the threshold that best parts the values in two (Otsu 1979)."""
    counts, edges = np.histogram(values, 256)
    below, total = counts.cumsum()[:-1], values.size
    mass = (counts * (edges[:-1] + edges[1:]) / 2).cumsum()
    spread = (mass[-1] * below / total - mass[:-1]) ** 2 / (below * (total - below))
    return edges[1 + spread.argmax()]


def _thickened(ink: np.ndarray) -> np.ndarray:
    """Widen strokes that would be thinner than two pixels in MNIST's box."""
    digit = ink > 127
    unit = max(_crop(ink).shape) / BOX_SIZE
    width = 4 * ndimage.distance_transform_edt(digit)[digit].mean()
    radius = round((2 * unit - width) / 2)
    if radius < 1:
        return ink
    distances = np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1])
    return ndimage.grey_dilation(ink, footprint=distances <= radius + 0.2)


def _crop(ink: np.ndarray) -> np.ndarray:
    rows, columns = (np.flatnonzero(ink.max(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fit(ink: np.ndarray) -> np.ndarray:
    """Scale to 20 pixels on the longer side; pixels that fall together average."""
    height, width = ink.shape
    scale = BOX_SIZE / max(height, width)
    size = [max(1, round(scale * side)) for side in (width, height)]
    whole = Image.fromarray(ink.astype(np.uint8))
    return np.asarray(whole.resize(size, Image.Resampling.BILINEAR))


def _centre(ink: np.ndarray) -> np.ndarray:
    """Put the centre of mass in the middle of 28x28, as far as the edges allow."""
    frame = np.zeros((FRAME_SIZE, FRAME_SIZE), np.uint8)
    top, left = (
        int(np.clip(round(FRAME_SIZE / 2 - mass - 0.5), 0, FRAME_SIZE - side))
        for mass, side in zip(ndimage.center_of_mass(ink), ink.shape, strict=True)
    )
    frame[top:, left:][: ink.shape[0], : ink.shape[1]] = ink
    return frame

"""Bring pictures of handwritten digits, as people have them, to the form of MNIST."""

from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps, ImageSequence
from scipy import ndimage
from torch import Tensor

from lenet.data import pad
from lenet.photo.paper import crop
from lenet.photo.strokes import find_digits

BOX_SIZE = 20  # MNIST fits the ink into 20x20 pixels, aspect kept (sec. III-A) ...
FRAME_SIZE = 28  # ... and centres it by mass in 28x28
WORK_SIZE = 200  # larger pictures are reduced to this first; a digit needs no more


def read_image(path: Path | str | BinaryIO) -> Tensor:
    """Bring a picture of one handwritten digit to the form of MNIST.

    Like :func:`read_images`, but it returns ``(1, 32, 32)`` and raises ValueError, too,
    if more than one digit is seen.
    """
    images = read_images(path)
    if len(images) > 1:
        remedy = "give a picture of one, or use read_images"
        raise ValueError(f"{path}: {len(images)} digits are seen, not one: {remedy}")
    return images


def read_images(path: Path | str | BinaryIO) -> Tensor:
    """Bring the digits of a picture, from left to right, to the form of MNIST.

    The picture may have any size, be dark on light or light on dark, in grey, colour or
    with transparency. The table around a sheet, a printed frame and the lines of paper
    are left out. Ink becomes bright on black; each digit is cropped, fitted into 20x20
    pixels, centred by mass in 28x28 and padded to 32x32. Parts one above the other are
    one digit, and so are digits that touch.

    Args:
        path: a file, or an open one.

    Returns:
        ``(N, 32, 32)`` uint8, N at least 1.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no picture, or nothing looks like strokes on paper.
    """
    digits = find_digits(_open(path))
    if not digits:
        remedy = "give one digit, dark on light or light on dark"
        raise ValueError(f"{path}: nothing stands out from the background: {remedy}")
    return pad(torch.tensor(np.stack([_centred(_thickened(each)) for each in digits])))


def _open(path: Path | str | BinaryIO) -> Image.Image:
    with suppress(ImportError):  # phones' HEIC, where its reader is installed
        from pillow_heif import register_heif_opener

        register_heif_opener()
    try:
        with Image.open(path) as picture:
            picture = ImageOps.exif_transpose(_fullest(picture))
            if picture.mode[0] in "IF":  # beyond 8 bits, which convert() would clip
                deep = np.asarray(picture, float).clip(0)
                grey = 255 * deep / max(deep.max(), 1e-9)
                picture = Image.fromarray(grey.astype(np.uint8))
            picture = picture.convert("RGBA")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no picture at {path}") from error
    except Exception as error:  # on damaged files Pillow raises errors of any kind
        remedy = "give a PNG or JPEG file; HEIC needs `pip install pillow-heif`"
        message = f"{path} cannot be read as a picture ({error}): {remedy}"
        raise ValueError(message) from error
    picture.thumbnail((WORK_SIZE, WORK_SIZE), Image.Resampling.BOX)
    return picture


def _fullest(picture: Image.Image) -> Image.Image:
    """Return the frame of an animation that shows most."""
    if picture.format not in ("GIF", "PNG", "WEBP") or not picture.is_animated:
        return picture
    frames = (each.copy() for each in ImageSequence.Iterator(picture))
    return max(frames, key=lambda each: np.asarray(each.convert("L")).std())


def _thickened(ink: np.ndarray) -> np.ndarray:
    """Widen strokes that would be thinner than two pixels in MNIST's box."""
    unit = max(crop(ink).shape) / BOX_SIZE
    ink = np.pad(ink, round(unit))  # room to widen
    digit = ink > 127
    width = 4 * ndimage.distance_transform_edt(digit)[digit].mean()
    radius = round(unit - width / 2)
    if radius < 1:
        return ink
    distances = np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1])
    return ndimage.grey_dilation(ink, footprint=distances <= radius + 0.2)


def _centred(ink: np.ndarray) -> np.ndarray:
    """Fit the ink into 20x20, and centre it by mass in 28x28 as the edges allow."""
    ink = crop(ink)
    scale = BOX_SIZE / max(ink.shape)
    size = [max(1, round(scale * side)) for side in ink.shape[::-1]]
    whole = Image.fromarray(ink.astype(np.uint8))
    digit = whole.resize(size, Image.Resampling.BILINEAR)
    mass = np.array(ndimage.center_of_mass(np.asarray(digit).T))  # from the left, top
    corner = np.round(FRAME_SIZE / 2 - mass - 0.5).astype(int)
    frame = Image.new("L", (FRAME_SIZE, FRAME_SIZE))
    frame.paste(digit, tuple(corner.clip(0, np.subtract(FRAME_SIZE, size))))
    return np.asarray(frame)

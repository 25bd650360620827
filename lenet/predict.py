"""Read digits: tensors of them, or an image file of one as people have it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from torch import Tensor, nn

from lenet.data import Digits, pad, to_input
from lenet.metrics import Proportion

BOX_SIZE = 20  # MNIST fits the ink into 20x20 pixels, aspect kept (sec. III-A) ...
FRAME_SIZE = 28  # ... and centres it by mass in 28x28
WORK_SIZE = 400  # larger pictures are reduced to this first; a digit needs no more
MIN_CONTRAST = 32  # grey levels of 255 between ink and paper


@dataclass(frozen=True)
class Prediction:
    """What the network reads.

    Args:
        probs: ``(N, 10)`` float32 probabilities, the softmax of the logits.
        labels: ``(N,)`` int64 most probable classes.
    """

    probs: Tensor
    labels: Tensor

    @property
    def confidence(self) -> Tensor:
        """``(N,)`` probability of the predicted class."""
        return self.probs.amax(1)


def predict(model: nn.Module, images: Tensor, batch_size: int = 1_000) -> Prediction:
    """Read images.

    Args:
        model: gives logits; used in evaluation mode and left in the mode it was in.
        images: ``(N, 1, 32, 32)`` float32 in [0, 1], or ``(N, 32, 32)`` uint8.
        batch_size: images per pass.

    Raises:
        ValueError: if the images have another shape or there are none.
    """
    probs = predict_logits(model, images, batch_size).softmax(1)
    return Prediction(probs, probs.argmax(1))


@torch.no_grad()
def predict_logits(model: nn.Module, images: Tensor, batch_size: int = 1_000) -> Tensor:
    """Return the ``(N, 10)`` logits of images, on the CPU; see :func:`predict`."""
    if len(images) == 0:
        raise ValueError("no images to read: give at least one")
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    logits = []
    for batch in images.split(batch_size):
        batch = to_input(batch) if batch.dtype == torch.uint8 else batch
        logits.append(model(batch.to(device)).cpu())
    model.train(was_training)
    return torch.cat(logits)


def accuracy(prediction: Prediction, digits: Digits) -> Proportion:
    """Count the digits that were read right.

    Raises:
        ValueError: if there is not one prediction per digit.
    """
    if len(prediction.labels) != len(digits):
        raise ValueError(f"{len(prediction.labels)} predictions, {len(digits)} digits")
    return Proportion(int((prediction.labels == digits.labels).sum()), len(digits))


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
        raise ValueError(
            f"{path}: nothing stands out from the background: give one digit, dark on "
            "light or light on dark"
        )
    ink = _without_background(ink)
    return pad(torch.tensor(_centre(_fit(_crop(ink))))[None])


def _open(path: Path) -> Image.Image:
    if not path.exists():
        raise FileNotFoundError(f"no picture at {path}")
    try:
        with Image.open(path) as picture:
            picture = ImageOps.exif_transpose(picture)
            if picture.mode.startswith("I"):  # 16 bits, which convert() would clip
                picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
            picture = picture.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise ValueError(
            f"{path} cannot be read as a picture ({error}): give a PNG or JPEG file"
        ) from error
    picture.thumbnail((WORK_SIZE, WORK_SIZE), Image.Resampling.BOX)
    return picture


def _ink(picture: Image.Image) -> np.ndarray:
    """Return how far each pixel is from the background, 0 to 255.

    The background is the median along the border. A transparent picture is laid on
    white, or on black where white would swallow it.
    """
    contrasts = []
    for colour in ("white", "black"):
        paper = Image.new("RGBA", picture.size, colour)
        grey = np.asarray(Image.alpha_composite(paper, picture).convert("L"), float)
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        contrasts.append(np.abs(grey - np.median(border)))
    return max(contrasts, key=np.max)


def _without_background(ink: np.ndarray) -> np.ndarray:
    """Set paper grain and shadow to 0 and full ink to 255."""
    full = np.quantile(ink[ink > ink.max() / 2], 0.5)
    floor = 0.3 * full
    return np.clip((ink - floor) / (full - floor), 0, 1) * 255


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

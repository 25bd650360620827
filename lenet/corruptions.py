"""Corrupted digits: noise, and the same digit written in another way."""

from collections.abc import Callable
from functools import partial

import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

Images = Tensor  # (N, 32, 32) uint8, 0 background to 255 ink
# What the first report tries, each a corruption and its level.
NOISES = {
    "10 % of the pixels inverted": ("inverted pixels", 0.1),
    "Gaussian noise, SD 0.3": ("Gaussian noise", 0.3),
}
VARIATIONS = {
    "turned left by 30°": ("rotation", 30),
    "turned right by 30°": ("rotation", -30),
    "half the size": ("size", 0.5),
    "moved right by 4 pixels": ("shift right", 4),
}


def flip_pixels(images: Images, share: float, generator: torch.Generator) -> Images:
    """Invert each pixel with the given probability, as in the paper's Fig. 14."""
    flipped = torch.rand(images.shape, generator=generator) < share
    return torch.where(flipped, 255 - images, images)


def add_noise(images: Images, sd: float, generator: torch.Generator) -> Images:
    """Add Gaussian noise; ``sd`` is a fraction of the step from background to ink."""
    noise = torch.randn(images.shape, generator=generator)
    return (images + 255 * sd * noise).clamp(0, 255).round().to(torch.uint8)


def blur(images: Images, sd: float) -> Images:
    """Blur with a Gaussian whose standard deviation is given in pixels."""
    blurred = ndimage.gaussian_filter(images.float(), (0, sd, sd), mode="constant")
    return torch.from_numpy(blurred).round().to(torch.uint8)


def thicken(images: Images, pixels: int) -> Images:
    """Make strokes so many pixels thicker or, if negative, thinner.

    Source: grey-scale dilation and erosion by a square (Serra 1982).
    """
    change = ndimage.grey_dilation if pixels > 0 else ndimage.grey_erosion
    side = abs(pixels) + 1
    return torch.from_numpy(change(images.numpy(), (1, side, side)))


def transform(
    images: Images,
    *,
    degrees: float = 0,
    scale: float = 1,
    right: float = 0,
    down: float = 0,
    slant: float = 0,
) -> Images:
    """Slant, rotate, scale and shift, in this order.

    Args:
        degrees: about the centre, counter-clockwise.
        scale: 2 makes a digit twice as large.
        right, down: pixels.
        slant: pixels to the right for each pixel above the centre.
    """
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    cos, sin = angle.cos() / scale, angle.sin() / scale
    # affine_grid maps each output place to its place in the input: the inverse
    inverse = torch.tensor([[cos + slant * sin, slant * cos - sin], [sin, cos]])
    place = 2 / images.shape[-1] * torch.tensor([[right], [down]])
    inverse = torch.cat([inverse, -inverse @ place], 1).expand(len(images), 2, 3)
    grid = F.affine_grid(inverse, (len(images), 1, *images.shape[1:]), False)
    moved = F.grid_sample(images[:, None].float(), grid, align_corners=False)
    return moved[:, 0].round().to(torch.uint8)


def corrupt(images: Images, name: str, level: float, seed: int = 0) -> Images:
    """Corrupt digits in a way that the study `corruption` names; noise by the seed."""
    generator = torch.Generator().manual_seed(seed)
    match name:
        case "inverted pixels":
            return flip_pixels(images, level, generator)
        case "Gaussian noise":
            return add_noise(images, level, generator)
        case "blur":
            return blur(images, level)
        case "stroke":
            return thicken(images, level)
    moves = {"rotation": "degrees", "size": "scale", "slant": "slant"}
    moves |= {"shift right": "right", "shift down": "down"}
    return transform(images, **{moves[name]: level})


def changes(
    kinds: dict[str, tuple[str, float]], seed: int
) -> dict[str, Callable[[Images], Images]]:
    """Return what makes each of `NOISES` or `VARIATIONS`, by its name."""
    return {
        text: partial(corrupt, name=name, level=level, seed=seed)
        for text, (name, level) in kinds.items()
    }

"""Test digits made harder: noise, and the same digit written in another way."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

Images = Tensor  # (N, 32, 32) uint8, 0 background to 255 ink


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
    shift: float = 0,
    drop: float = 0,
    shear: float = 0,
) -> Images:
    """Shear, rotate (counter-clockwise), scale and shift, in this order.

    Args:
        images: the digits.
        degrees: angle of rotation about the centre.
        scale: 2 makes a digit twice as large.
        shift: to the right, in pixels.
        drop: downwards, in pixels.
        shear: to the right, in pixels for each pixel above the centre.
    """
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    cos, sin = angle.cos() / scale, angle.sin() / scale
    # affine_grid maps each output place to its place in the input: the inverse
    inverse = torch.tensor([[cos + shear * sin, shear * cos - sin], [sin, cos]])
    place = 2 / images.shape[-1] * torch.tensor([[shift], [drop]])
    inverse = torch.cat([inverse, -inverse @ place], 1).expand(len(images), 2, 3)
    grid = F.affine_grid(inverse, (len(images), 1, *images.shape[1:]), False)
    moved = F.grid_sample(images[:, None].float(), grid, align_corners=False)
    return moved[:, 0].round().to(torch.uint8)


def noises(seed: int) -> dict[str, Callable[[Images], Images]]:
    """Return the kinds of noise that the reports try, by name."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "10 % of the pixels inverted": lambda x: flip_pixels(x, 0.1, generator),
        "Gaussian noise, SD 0.3": lambda x: add_noise(x, 0.3, generator),
    }


def variations() -> dict[str, Callable[[Images], Images]]:
    """Return the variations of the writing that the reports try, by name."""
    return {
        "turned left by 30°": lambda x: transform(x, degrees=30),
        "turned right by 30°": lambda x: transform(x, degrees=-30),
        "half the size": lambda x: transform(x, scale=0.5),
        "moved right by 4 pixels": lambda x: transform(x, shift=4),
    }


@dataclass(frozen=True)
class Hardship:
    """A way to make digits harder, mild to severe; its levels include none at all."""

    name: str
    unit: str
    levels: tuple[float, ...]
    change: Callable[[Images, float], Images]


def hardships(seed: int) -> dict[str, Hardship]:
    """Return the hardships that are measured level by level, under short names."""

    def drawn(change):
        return lambda x, level: change(x, level, torch.Generator().manual_seed(seed))

    def moved(argument):
        return lambda x, level: transform(x, **{argument: level})

    pixels, turn = (-8, -6, -4, -2, 0, 2, 4, 6, 8), (-45, -30, -15, 0, 15, 30, 45)
    inverted, noise = (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3), (0, 0.1, 0.2, 0.3, 0.4, 0.6)
    sizes, slants = (0.5, 0.6, 0.75, 1, 1.25, 1.6, 2), (-0.9, -0.6, -0.3, 0, 0.3, 0.6)
    return {
        "flips": Hardship("Inverted pixels", "share", inverted, drawn(flip_pixels)),
        "noise": Hardship("Gaussian noise", "SD, ink is 1", noise, drawn(add_noise)),
        "blur": Hardship("Blur", "SD, pixels", (0, 0.5, 1, 1.5, 2, 2.5), blur),
        "rotation": Hardship("Rotation", "degrees left", turn, moved("degrees")),
        "shift": Hardship("Shift", "pixels right", pixels, moved("shift")),
        "drop": Hardship("Shift", "pixels down", pixels, moved("drop")),
        "scale": Hardship("Size", "factor", sizes, moved("scale")),
        "shear": Hardship("Slant", "pixels per row", (*slants, 0.9), moved("shear")),
        "stroke": Hardship("Stroke", "pixels thicker", (-2, -1, 0, 1, 2, 3), thicken),
    }

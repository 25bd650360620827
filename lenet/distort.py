"""Test digits made harder: noise, and the same digit written in another way."""

from collections.abc import Callable

import torch
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


def transform(
    images: Images, *, degrees: float = 0, scale: float = 1, shift: float = 0
) -> Images:
    """Rotate (counter-clockwise), scale and shift to the right about the centre.

    Args:
        images: the digits.
        degrees: angle of rotation.
        scale: 2 makes a digit twice as large.
        shift: in pixels.
    """
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    cos, sin = angle.cos() / scale, angle.sin() / scale
    # affine_grid maps each output place to its place in the input: the inverse
    shift = 2 * shift / images.shape[-1]
    inverse = torch.tensor([[cos, -sin, -cos * shift], [sin, cos, -sin * shift]])
    inverse = inverse.expand(len(images), 2, 3)
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

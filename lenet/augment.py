"""Random distortions of training batches: affine maps and mild elastic fields."""

from functools import cache
from math import radians

import torch
from torch import Tensor
from torch.nn import functional as F

# Ranges at strength 1, uniform from minus to plus. Those of the paper are not printed.
ROTATION = radians(15)
LOG_SCALE = 0.2
LOG_SQUEEZE = 0.1
SHEAR = 0.2
ELASTIC = 0.6 / 16  # standard deviation of a knot's displacement: 0.6 pixels
KNOTS = 6  # of the elastic field, along each side


def distort(
    images: Tensor, generator: torch.Generator, strength: float = 1, shift: float = 2
) -> Tensor:
    """Distort each image in its own way.

    Args:
        images: ``(N, 1, H, H)`` float32, background 0.
        generator: draws the distortions, on the CPU.
        strength: multiplies every range; 0 returns the images as they are.
        shift: largest shift at strength 1, in pixels.

    Source: LeCun et al. 1998, sec. III-B; Simard, Steinkraus and Platt 2003 for the
    elastic part.
    """
    if strength == 0:
        return images
    inverse = _random_affine(len(images), generator, strength, shift)
    knots = torch.randn(len(images), 2, KNOTS, KNOTS, generator=generator)
    factors = _factors(inverse, ELASTIC * strength * knots).to(images.device)
    functions = _functions(images.shape[-1]).to(images.device)
    places = (functions @ factors @ functions.T).permute(0, 2, 3, 1)
    return F.grid_sample(images, places, align_corners=False)


def _factors(inverse: Tensor, knots: Tensor) -> Tensor:
    """Join affine maps and knots of splines to ``(N, 2, KNOTS + 2, KNOTS + 2)``.

    Both give the place in the input of each pixel as a sum of products of a function of
    its row and one of its column: two matrix products, a fifth of the time that
    `F.affine_grid` and `F.interpolate` take together.
    """
    factors = F.pad(knots, (0, 2, 0, 2))  # beside the splines, the place itself and 1
    factors[:, :, -1, -2] = inverse[:, :, 0]  # times x
    factors[:, :, -2, -1] = inverse[:, :, 1]  # times y
    factors[:, :, -1, -1] = inverse[:, :, 2]
    return factors


@cache
def _functions(size: int) -> Tensor:
    """Return ``(size, KNOTS + 2)``: at each pixel the splines, its place, and 1."""
    splines = F.interpolate(
        torch.eye(KNOTS)[None, None], (size, KNOTS), mode="bicubic", align_corners=True
    )
    place = (2 * torch.arange(size) + 1) / size - 1
    return torch.column_stack([splines[0, 0], place, torch.ones(size)])


def _random_affine(num: int, generator, strength: float, shift: float) -> Tensor:
    """Draw ``(num, 2, 3)`` maps from places in the output to places in the input."""

    def uniform(limit: float) -> Tensor:
        return strength * limit * (2 * torch.rand(num, generator=generator) - 1)

    angle, scale, squeeze = (uniform(x) for x in (ROTATION, LOG_SCALE, LOG_SQUEEZE))
    shift /= 16  # pixels are from the centre to the edge, which the grid calls 1
    shear, x_shift, y_shift = (uniform(x) for x in (SHEAR, shift, shift))
    wide, high = (scale + squeeze).exp(), (scale - squeeze).exp()
    cos, sin = angle.cos(), angle.sin()
    first = [wide * cos, wide * (shear * cos - sin), x_shift]
    second = [high * sin, high * (shear * sin + cos), y_shift]
    return torch.stack([torch.stack(row, 1) for row in (first, second)], 1)

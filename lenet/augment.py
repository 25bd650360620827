"""Random distortions of training batches: affine maps and mild elastic fields."""

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
    inverse = _random_affine(len(images), generator, strength, shift).to(images.device)
    grid = F.affine_grid(inverse, list(images.shape), align_corners=False)
    knots = torch.randn(len(images), 2, KNOTS, KNOTS, generator=generator)
    field = F.interpolate(knots, images.shape[-2:], mode="bicubic", align_corners=True)
    grid += ELASTIC * strength * field.permute(0, 2, 3, 1).to(images.device)
    return F.grid_sample(images, grid, align_corners=False)


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

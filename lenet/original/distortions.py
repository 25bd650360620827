"""Planar affine distortions of the training digits, sec. III-B and Fig. 7.

The paper adds nine distorted copies of every digit to the 60,000 and names the kinds of
distortion (translation, scaling, squeezing, horizontal shear) but no ranges. These are
read off the 100 digits printed in Fig. 7.
"""

from dataclasses import astuple, dataclass
from operator import mul

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

LAWS = {"uniform": (-1, 1), "triangular": (-1, 0, 1)}  # triangular: with its peak at 0


@dataclass(frozen=True)
class Ranges:
    """Half-widths of the draws; logarithms where a factor is drawn."""

    shift_x: float = 2.5  # pixels
    shift_y: float = 4.3  # pixels
    log_scale: float = 0.31  # both axes: 0.73 to 1.36
    log_squeeze: float = 0.10  # one axis by the factor, the other by its inverse
    shear: float = 0.18  # horizontal, in columns per row
    law: str = "uniform"

    def times(self, shift: float, shape: float) -> "Ranges":
        """Return narrower or wider ranges: the two shifts by one factor, the rest."""
        *half_widths, law = astuple(self)
        factors = shift, shift, shape, shape, shape
        return Ranges(*map(mul, factors, half_widths), law)


def with_distortions(
    images: np.ndarray, labels: np.ndarray, copies: int, ranges: Ranges, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits and, after them, `copies` distorted sets of the same labels."""
    rng, sets = np.random.default_rng([seed, 2]), [images]
    *half_widths, law = astuple(ranges)
    for _ in range(copies):
        draws = getattr(rng, law)(*LAWS[law], (len(images), 5))
        sets.append(distort(images, draws * half_widths))
    return np.concatenate(sets), np.tile(labels, copies + 1)


def distort(images: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Distort (N, 32, 32) uint8 digits by (N, 5) values, as in `Ranges`.

    From the centre, a digit is scaled and squeezed, then sheared, then shifted. The map
    inverts that: each pixel looks up its place in the undistorted digit.
    """
    x, y, scale, squeeze, shear = torch.from_numpy(draws).T
    x, y = x / 16, y / 16  # the grid calls 16 pixels 1
    wide, high = (squeeze - scale).exp(), (-squeeze - scale).exp()
    first = [wide, -wide * shear, wide * (shear * y - x)]
    second = [0 * high, high, -high * y]
    maps = torch.stack([torch.stack(row, 1) for row in (first, second)], 1)
    parts = zip(torch.from_numpy(images).split(1_000), maps.split(1_000), strict=True)
    return np.concatenate([_look_up(*part) for part in parts])


def _look_up(images: Tensor, maps: Tensor) -> np.ndarray:
    """Return rounded grey levels, bilinear between pixels; beyond the edge is paper."""
    grid = F.affine_grid(maps, [len(images), 1, 32, 32], align_corners=False)
    grey = F.grid_sample(images[:, None].double(), grid, align_corners=False)
    return (grey[:, 0] + 0.5).byte().numpy()

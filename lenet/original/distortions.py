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

from lenet.data import Digits

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


def with_distortions(digits: Digits, copies: int, ranges: Ranges, seed: int) -> Digits:
    """Return the digits and, after them, `copies` distorted sets of the same labels."""
    rng, sets = np.random.default_rng([seed, 2]), [digits.images]
    *half_widths, law = astuple(ranges)
    for _ in range(copies):
        draws = getattr(rng, law)(*LAWS[law], (len(digits), 5))
        sets.append(distort(digits.images, draws * half_widths))
    return Digits(torch.cat(sets), digits.labels.repeat(len(sets)))


def distort(images: Tensor, draws: np.ndarray) -> Tensor:
    """Distort (N, 32, 32) uint8 digits by (N, 5) values, as in `Ranges`.

    From the centre, a digit is scaled and squeezed, then sheared, then shifted. The map
    inverts that: each pixel looks up its place in the undistorted digit, between
    pixels bilinearly; beyond the edge is paper.
    """
    x, y, scale, squeeze, shear = torch.from_numpy(draws).T
    x, y = x / 16, y / 16  # the grid calls 16 pixels 1
    wide, high = (squeeze - scale).exp(), (-squeeze - scale).exp()
    maps = [wide, -wide * shear, wide * (shear * y - x), 0 * high, high, -high * y]
    maps, distorted = torch.stack(maps, 1).reshape(-1, 2, 3), []
    for part, own in zip(images.split(1_000), maps.split(1_000), strict=True):
        grid = F.affine_grid(own, [len(part), 1, 32, 32], align_corners=False)
        grey = F.grid_sample(part[:, None].double(), grid, align_corners=False)
        distorted.append((grey[:, 0] + 0.5).byte())  # rounded
    return torch.cat(distorted)

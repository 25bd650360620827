"""Planar affine distortions of the training digits, sec. III-B and Fig. 7.

The paper adds nine distorted copies of every digit to the 60,000 and names the kinds of
distortion (translation, scaling, squeezing, horizontal shear) but no ranges. These are
read off the 100 digits printed in Fig. 7.
"""

from dataclasses import astuple, dataclass
from operator import mul

import numpy as np
from numba import njit

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


@njit
def distort(images, draws):
    """Distort (N, 32, 32) uint8 digits by (N, 5) values, as in `Ranges`.

    From the centre, a digit is scaled and squeezed, then sheared, then shifted. The
    loop inverts that: each pixel looks up its place in the undistorted digit.
    """
    out = np.empty_like(images)
    for n in range(len(images)):
        shift_x, shift_y, log_scale, log_squeeze, shear = draws[n]
        scale_x = np.exp(log_scale - log_squeeze)
        scale_y = np.exp(log_scale + log_squeeze)
        for i in range(32):
            v = i - 15.5 - shift_y
            y = v / scale_y + 15.5
            for j in range(32):
                x = (j - 15.5 - shift_x - shear * v) / scale_x + 15.5
                out[n, i, j] = interpolate(images[n], y, x)
    return out


@njit
def interpolate(image, y, x):
    """Return the grey level at (y, x), bilinear; beyond the edge lies paper."""
    top, left = int(np.floor(y)), int(np.floor(x))
    below, right, grey = y - top, x - left, 0.5  # which rounds to the nearest level
    for di, wi in ((0, 1 - below), (1, below)):
        for dj, wj in ((0, 1 - right), (1, right)):
            if 0 <= top + di < 32 and 0 <= left + dj < 32:
                grey += wi * wj * image[top + di, left + dj]
    return np.uint8(grey)

"""Planar affine distortions of the training digits, sec. III-B and Fig. 7.

The paper adds nine distorted copies of every digit to the 60,000 and names the kinds of
distortion (translation, scaling, squeezing, horizontal shear) but no ranges. These are
read off the 100 digits printed in Fig. 7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit


@dataclass(frozen=True)
class Ranges:
    """Half-widths of the draws; logarithms where a factor is drawn."""

    shift_x: float = 2.5  # pixels
    shift_y: float = 4.3  # pixels
    log_scale: float = 0.31  # both axes: 0.73 to 1.36
    log_squeeze: float = 0.10  # one axis by the factor, the other by its inverse
    shear: float = 0.18  # horizontal, in columns per row
    law: str = "uniform"  # even from end to end; or "triangular", with its peak at 0

    def __post_init__(self):
        """Refuse a law that is not known."""
        if self.law not in ("uniform", "triangular"):
            raise ValueError(f"law must be uniform or triangular, got {self.law!r}")

    def times(self, shift: float, shape: float) -> Ranges:
        """Return narrower or wider ranges: the two shifts by one factor, the rest."""
        return replace(
            self,
            shift_x=shift * self.shift_x,
            shift_y=shift * self.shift_y,
            log_scale=shape * self.log_scale,
            log_squeeze=shape * self.log_squeeze,
            shear=shape * self.shear,
        )


def distort(images: np.ndarray, ranges: Ranges, rng: np.random.Generator) -> np.ndarray:
    """Return a freshly distorted copy of each of (N, 32, 32) uint8 digits."""
    half = [ranges.shift_x, ranges.shift_y, ranges.log_scale, ranges.log_squeeze,
            ranges.shear]  # fmt: skip
    ends, size = {"uniform": (-1, 1), "triangular": (-1, 0, 1)}, (len(images), 5)
    draws = getattr(rng, ranges.law)(*ends[ranges.law], size) * half
    return _warp(images, draws, np.zeros_like(images))


def with_distortions(
    images: np.ndarray, labels: np.ndarray, copies: int, ranges: Ranges, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits and, after them, `copies` distorted sets of the same labels."""
    rng = np.random.default_rng([seed, 2])
    sets = [images] + [distort(images, ranges, rng) for _ in range(copies)]
    return np.concatenate(sets), np.tile(labels, copies + 1)


@njit
def _warp(images, draws, out):
    """Fill `out`: each pixel looks up its place in the undistorted digit (bilinear).

    From the centre, a digit is scaled and squeezed, then sheared, then shifted; the
    loop inverts that. Beyond the edge of the field lies paper.
    """
    for n in range(len(images)):
        shift_x, shift_y, log_scale, log_squeeze, shear = draws[n]
        scale_x = np.exp(log_scale - log_squeeze)
        scale_y = np.exp(log_scale + log_squeeze)
        for i in range(32):
            v = i - 15.5 - shift_y
            y = v / scale_y + 15.5
            for j in range(32):
                x = (j - 15.5 - shift_x - shear * v) / scale_x + 15.5
                out[n, i, j] = _lookup(images[n], y, x)
    return out


@njit
def _lookup(image, y, x):
    """Interpolate between the four pixels around (y, x), rounded to a grey level."""
    top, left = int(np.floor(y)), int(np.floor(x))
    below, right, grey = y - top, x - left, 0.5
    for di, wi in ((0, 1 - below), (1, below)):
        for dj, wj in ((0, 1 - right), (1, right)):
            if 0 <= top + di < 32 and 0 <= left + dj < 32:
                grey += wi * wj * image[top + di, left + dj]
    return np.uint8(grey)

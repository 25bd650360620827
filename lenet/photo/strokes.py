"""Find the strokes of digits in a picture: on any paper, in any light."""

import numpy as np
from PIL import Image
from scipy import ndimage

from lenet.photo import paper


def find_digits(picture: Image.Image) -> list[np.ndarray]:
    """Find the digits in a picture, from left to right.

    Args:
        picture: RGBA, 200 pixels or so on the longer side.

    Returns:
        One array a digit, paper and all else 0, ink up to 255; none if nothing looks
        like strokes on paper.
    """
    ink, inside = paper.ink_on_paper(paper.grey_levels(picture))
    ink = paper.unruled(ink, inside)
    high, _ = paper.otsu(ink)
    low = np.clip(4.5 * np.quantile(ink, 0.75), 0.4 * high, high)  # above the grain
    inside &= paper.sheets((ink > low).astype(float))
    ink *= inside
    if ink.max() <= max(high, paper.MIN_CONTRAST):
        return []
    rim = inside & ~ndimage.binary_erosion(inside, iterations=2)
    return _digits(ink, rim, low, high)


def _digits(
    ink: np.ndarray, rim: np.ndarray, low: float, high: float
) -> list[np.ndarray]:
    """Return each digit alone, its ink at 255; none if there is nothing but texture.

    Ink above ``low`` counts where it joins on to some above ``high``.
    """
    parts, _ = ndimage.label(ink > low, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=2)
    sizes[ndimage.maximum(ink, parts, range(len(sizes))) <= high] = 0
    inside = sizes.copy()
    inside[parts[rim]] = 0
    if inside.max() > sizes.max() / 10:  # what reaches the rim is not the digit
        sizes = inside
    large = np.flatnonzero(sizes > sizes.max() / 10)
    digits = [np.isin(parts, each) for each in _side_by_side(parts, large)]
    heights = np.array([np.ptp(np.flatnonzero(each.any(1))) for each in digits])
    digits = [digits[n] for n in np.flatnonzero(heights >= 0.4 * heights.max())]
    scattered = len(large) > 3 * len(digits) + 3
    if scattered or sum(map(np.sum, digits)) < 0.4 * sizes.sum():
        return []
    return [_full(ink, each, high / 2) for each in digits if _is_stroke(each)]


def _side_by_side(parts: np.ndarray, numbers: np.ndarray) -> list[list[int]]:
    """Group the parts that are one above the other, from left to right."""
    groups, boxes = [], ndimage.find_objects(parts)
    spans = [(boxes[n - 1][1].start, boxes[n - 1][1].stop, n) for n in numbers]
    for start, stop, number in sorted(spans):
        if groups:
            left, right, joined = groups[-1]
            if min(right, stop) - start > 0.4 * min(right - left, stop - start):
                groups[-1] = left, max(right, stop), [*joined, number]
                continue
        groups.append((start, stop, [number]))
    return [joined for *_, joined in groups]


def _is_stroke(digit: np.ndarray) -> bool:
    """Tell strokes from blots and grain: narrow for their length, with few holes."""
    width = 2 * ndimage.distance_transform_edt(digit).max()
    grounds = ndimage.label(~np.pad(digit, 1))[1]
    return width < 0.6 * max(paper.crop(digit).shape) and grounds < 10


def _full(ink: np.ndarray, digit: np.ndarray, floor: float) -> np.ndarray:
    """Set all but a digit to 0 and full ink to 255, of pale strokes, too."""
    reach = max(1, max(ink.shape) // 40)
    near = ndimage.maximum_filter(digit, 3 + 2 * (max(ink.shape) // 100))
    full = ndimage.maximum_filter(ink * digit, 3 + 2 * reach)
    full = np.minimum(ndimage.gaussian_filter(full, reach), np.median(ink[digit]))
    floor = np.minimum(floor, full / 3)
    return near * ((ink - floor) / np.maximum(full - floor, 1)).clip(0, 1) * 255

"""Tell ink from what lies around it: tables, sheets, boxes, ruled lines, light."""

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

MIN_CONTRAST = 32  # grey levels of 255 between ink and paper


def crop(ink: np.ndarray) -> np.ndarray:
    """Cut off the rows and columns at the edges in which there is no ink."""
    rows, columns = (np.flatnonzero(ink.max(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def grey_levels(picture: Image.Image) -> np.ndarray:
    """Lay a picture on white, or on black where white would swallow it."""
    grounds = (Image.new("RGBA", picture.size, each) for each in ("white", "black"))
    greys = [Image.alpha_composite(each, picture).convert("L") for each in grounds]
    grey = np.asarray(max(greys, key=np.ptp), float)
    return ndimage.gaussian_filter(grey, max(grey.shape) / 400)


def otsu(values: np.ndarray) -> tuple[float, float]:
    """Return what best parts the values in two, and the variance so explained.

    Source: Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    counts, edges = np.histogram(values, 256)
    below, total = counts.cumsum()[:-1], values.size
    mass = (counts * (edges[:-1] + edges[1:]) / 2).cumsum()
    spread = (mass[-1] * below / total - mass[:-1]) ** 2
    spread /= np.maximum(below * (total - below), 1)
    return edges[1 + spread.argmax()], spread.max() / max(values.var(), 1e-9)


def ink_on_paper(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each pixel is from the paper around it, and where the sheet is.

    Ink is darker or lighter than paper, whichever stands out more.
    """
    grey = _with_margin(grey)
    inside = sheets(grey)
    _, nearest = ndimage.distance_transform_edt(~inside, return_indices=True)
    grey = grey[tuple(nearest)]
    picture = Image.fromarray(grey.round().astype(np.uint8))
    picture.thumbnail((40, 40), Image.Resampling.BOX)
    wide = ndimage.median_filter(np.asarray(picture), int(0.7 * max(picture.size)) or 1)
    paper = np.asarray(Image.fromarray(wide).resize(grey.shape[::-1]), float)
    difference = (grey - paper) * inside
    return (difference * np.sign((difference**3).sum())).clip(0), inside


def _with_margin(grey: np.ndarray) -> np.ndarray:
    """Put paper around strokes that fill a picture cut to them."""
    threshold, clear = otsu(grey)
    dark = grey < threshold
    rim = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]]).mean()
    ink = dark != (rim > 0.5)
    width = 2 * ndimage.distance_transform_edt(ink).max() / max(grey.shape)
    if clear < 0.9 or ink.mean() < 0.2 or not 0.05 < rim < 0.95 or width > 0.6:
        return grey
    return np.pad(grey, max(grey.shape) // 2, constant_values=np.median(grey[~ink]))


def sheets(values: np.ndarray) -> np.ndarray:
    """Return where to look: in sheets and printed boxes that hold something, if any."""
    (threshold, clear), found = otsu(values), np.zeros(values.shape, bool)
    bright = values > threshold
    if clear < 0.75 or max(values.shape) < 100:  # light and shadow have no such edge
        return ~found
    step = values[bright].mean() - values[~bright].mean()
    for region in sorted(_regions(bright) + _regions(~bright), key=np.sum):
        outside = _distance(region)
        around = (outside > 0) & (outside < 2.5)
        core = values[outside < -max(values.shape) / 40]
        if (found & (outside < 0)).any() or not len(core) or not around.any():
            continue  # a box in a sheet counts, not the sheet
        edge = values[(outside > -4) & (outside < -1)].mean() - values[around].mean()
        content = (abs(core - np.median(core)) > step / 4).mean()
        if abs(edge) > step / 2 and 0.005 < content < 0.45:
            found |= outside < -max(values.shape) / 80
    return found if found.any() else ~found


def _regions(mask: np.ndarray) -> list[np.ndarray]:
    """Return the connected regions of 3 % of the picture and more."""
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    large = [parts == n for n in np.flatnonzero(sizes > 0.03 * mask.size) if n]
    return [each for each in large if min(crop(each).shape) > 10]  # not a line


def _distance(region: np.ndarray) -> np.ndarray:
    """Return how far each pixel is outside a region; inf if it has not four corners."""
    hull = ConvexHull(np.argwhere(region))
    corners = hull.points[hull.vertices]
    apart = cdist(corners, corners)
    one, other = corners[list(np.unravel_index(apart.argmax(), apart.shape))]
    (y, x), aside = other - one, corners - one
    quadrilateral = np.ptp(y * aside[:, 1] - x * aside[:, 0]) / 2
    whole = ndimage.binary_fill_holes(region).sum()
    # An ellipse has 0.64 in place of 0.82; an outline or strokes have less than 0.55.
    fills = np.array([quadrilateral, whole, region.sum()]) / hull.volume
    if (fills < (0.82, 0.92, 0.55)).any():
        return np.full(region.shape, np.inf)
    normals, offsets = hull.equations[:, :2], hull.equations[:, 2:]
    places = np.indices(region.shape).reshape(2, -1)
    return (normals @ places + offsets).max(0).reshape(region.shape)


def unruled(ink: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Remove the lines of ruled and squared paper: three or more, thin and long."""
    ruled = np.zeros(ink.shape)
    for turn in (np.asarray, np.transpose):
        sheet = turn(inside).any(0)
        lines = _lines(turn(ink), int(0.6 * sheet.sum()))
        starts = np.diff(lines > MIN_CONTRAST / 4, axis=0, prepend=False).sum(0)
        if np.quantile(starts[sheet], 0.1) >= 2 * 3:  # a start and an end each
            ruled = np.maximum(ruled, turn(lines))
    left = ink * (ink > 2 * ruled)
    return np.where(ruled > 0, ndimage.grey_closing(left, (5, 5)), left)


def _lines(ink: np.ndarray, length: int) -> np.ndarray:
    """Return the thin lines from left to right, up to 8 degrees off the level."""
    wide = ndimage.maximum_filter1d(ndimage.uniform_filter1d(ink, 9, 1), 3, axis=0)
    rows, columns = np.indices(ink.shape)
    lines = np.zeros(ink.shape)
    for slope in np.linspace(-0.14, 0.14, 15):
        shift = np.round(slope * (columns - ink.shape[1] / 2)).astype(int)
        level = wide[(rows + shift) % len(ink), columns]
        level = ndimage.grey_opening(level, (1, length))
        lines = np.maximum(lines, level[(rows - shift) % len(ink), columns])
    return lines - ndimage.grey_opening(lines, (max(ink.shape) // 25 + 3, 1))

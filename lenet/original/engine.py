"""Train the network of 1998 by the paper's recipe, one digit at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from torch import Tensor

from lenet.data import NUM_CLASSES
from lenet.original.kernels import NAMES, Net, classify, new_state, train_digits
from lenet.original.network import LeNet5_1998, initial_weights, rbf_codes, to_input
from lenet.original.sdlm import (
    ETAS,
    MU,
    diagonal_curvature,
    layer_means,
    step_sizes,
)


@dataclass(frozen=True)
class Recipe1998:
    """Every choice of a training run, those that the paper leaves open included."""

    scale: float = 2.4  # initial weights U(-r, r), r = scale / fan_in**power
    # Differs from the paper: App. A prints power 1, but then the curvature of every
    # layer nearly vanishes, and steps start at 3.8e-4 to 0.025 where sec. III-B has
    # 7e-5 to 0.016.
    power: float = 0.5
    coefficient: float = 0.25  # initial S2 and S4 coefficients: the mean of the four
    distance_factor: float = 0.5  # of eq. 7: 1 as printed, 1/2 in the authors' code
    rubbish: float | None = 3.0  # j of the MAP criterion, eq. 9; None: MSE, eq. 8
    etas: tuple[float, ...] = ETAS  # global step size of each pass
    mu: float = MU
    curvature: str = "each"  # parameter has its own; or averaged over each "layer"
    num_curvature_digits: int = 500
    digits_per_pass: int | None = None  # None: all of them

    def __post_init__(self):
        """Refuse what cannot be meant."""
        for name in ("scale", "coefficient", "distance_factor", "mu"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.rubbish is not None and not isfinite(self.rubbish):
            raise ValueError(f"rubbish must be a number or None, got {self.rubbish}")
        if self.digits_per_pass is not None and self.digits_per_pass < 1:
            raise ValueError(
                f"digits_per_pass must be 1 or more, got {self.digits_per_pass}"
            )
        if self.curvature not in ("each", "layer"):
            raise ValueError(f"curvature must be each or layer, got {self.curvature!r}")


@dataclass(frozen=True)
class Pass:
    """What one pass over the digits did."""

    number: int  # from 1
    num_wrong: int  # online: each digit is judged just before it is learnt
    least_step: float  # over all parameters
    largest_step: float


Weights = dict[str, np.ndarray]


def train_1998(
    images: np.ndarray,
    labels: np.ndarray,
    recipe: Recipe1998,
    seed: int,
    on_pass: Callable[[Pass, Weights], None] | None = None,
    fixed: Weights | None = None,
) -> tuple[Weights, list[Pass]]:
    """Train one network, a digit at a time, in one random order kept for all passes.

    Args:
        images: (N, 32, 32) uint8, padded digits.
        labels: (N,) integers 0 to 9.
        recipe: the choices of the run.
        seed: draws the initial weights and, from its own stream, the order.
        on_pass: called after each pass with its record and the weights so far.
        fixed: by name, weights to take in place of the drawn ones and never to move.

    Returns:
        The weights under the names of `LeNet5_1998`, and one record per pass.

    Raises:
        ValueError: if the images or the labels are of another kind.
    """
    digits, rng = _rows(images), np.random.default_rng([seed, 1])
    _check_labels(labels, len(digits))
    order = rng.permutation(len(digits))
    weights = initial_weights(seed, recipe.scale, recipe.power, recipe.coefficient)
    weights |= {name: values.copy() for name, values in (fixed or {}).items()}
    sample, history = to_input(images[order[: recipe.num_curvature_digits]]), []
    for number, eta in enumerate(recipe.etas, start=1):
        step = step_sizes(_curvature(weights, sample, recipe), eta, recipe.mu)
        part = _part(order, number, recipe.digits_per_pass or len(order))
        num_wrong = _train(weights, step, digits, labels, part, recipe, fixed or {})
        least = min(s.min() for s in step.values())
        largest = max(s.max() for s in step.values())
        history.append(Pass(number, num_wrong, float(least), float(largest)))
        if on_pass is not None:
            on_pass(history[-1], weights)
    return weights, history


def _curvature(weights: Weights, sample: Tensor, recipe: Recipe1998):
    """Estimate the curvature before a pass."""
    model = LeNet5_1998()
    model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    now = diagonal_curvature(model, sample, 2 * recipe.distance_factor)
    return layer_means(now) if recipe.curvature == "layer" else now


def _part(order: np.ndarray, number: int, size: int) -> np.ndarray:
    """Return the digits of a pass: the order goes round, `size` digits at a time."""
    return np.take(order, np.arange((number - 1) * size, number * size), mode="wrap")


def _train(weights, step, digits, labels, order, recipe, fixed) -> int:
    """Run one pass of the compiled loop; all but the fixed weights change in place."""
    step = {name: s * (name not in fixed) for name, s in step.items()}
    rubbish = np.nan if recipe.rubbish is None else recipe.rubbish
    return train_digits(
        as_net(weights), as_net(step), new_state(), digits, np.asarray(labels), order,
        rbf_codes().astype(np.float32), np.float32(recipe.distance_factor),
        np.float32(rubbish),
    )  # fmt: skip


def predict(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return the (N,) digits that a network sees in (N, 32, 32) uint8 images.

    Raises:
        ValueError: if the images are of another kind.
    """
    codes = rbf_codes().astype(np.float32)
    return classify(as_net(weights), new_state(), _rows(images), codes)


def count_wrong(weights: Weights, images: np.ndarray, labels: np.ndarray) -> int:
    """Count the digits that a network misreads."""
    return int((predict(weights, images) != labels).sum())


def as_net(values: Weights | dict[str, Tensor]) -> Net:
    """View named arrays or tensors as the engine's tuple; memory is shared."""
    return Net(*(np.asarray(values[name]) for name in NAMES))


def _rows(images: np.ndarray) -> np.ndarray:
    """Return the digits as (N, 1024), or say what is wrong with them."""
    if images.dtype != np.uint8 or images.shape[1:] != (32, 32):
        raise ValueError(
            f"expected uint8 digits of 32×32, got {images.dtype} {images.shape[1:]}: "
            "pad them with lenet.data.pad"
        )
    return np.ascontiguousarray(images).reshape(-1, 1024)


def _check_labels(labels: np.ndarray, num_images: int) -> None:
    if num_images != len(labels):
        raise ValueError(f"got {num_images} digits but {len(labels)} labels")
    wrong = np.setdiff1d(labels, np.arange(NUM_CLASSES))
    if len(wrong):
        raise ValueError(f"labels go from 0 to {NUM_CLASSES - 1}, got {wrong[0]}")

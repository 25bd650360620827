"""Train the network of 1998 by the paper's recipe, one digit at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from torch import Tensor

from lenet.model import NUM_CLASSES
from lenet.original.kernels import as_net, classify, new_state, train_digits
from lenet.original.network import check_digits, initial_weights, to_input, with_weights
from lenet.original.sdlm import ETAS, MU, diagonal_curvature, layer_means, step_sizes

Weights = dict[str, np.ndarray]  # under the parameter names of `LeNet5_1998`


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
        """Refuse what would pass for another choice."""
        if self.rubbish is not None and not isfinite(self.rubbish):
            raise ValueError(f"rubbish must be a number or None, got {self.rubbish}")
        if self.curvature not in ("each", "layer"):
            raise ValueError(f"curvature must be each or layer, got {self.curvature!r}")


@dataclass(frozen=True)
class Pass:
    """What one pass over the digits did."""

    number: int  # from 1
    num_wrong: int  # online: each digit is judged just before it is learnt
    least_step: float  # over all parameters
    largest_step: float


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
    check_digits(images)
    _check_labels(labels, len(images))
    order = np.random.default_rng([seed, 1]).permutation(len(images))
    weights = initial_weights(seed, recipe.scale, recipe.power, recipe.coefficient)
    fixed, history = fixed or {}, []
    weights |= {name: values.copy() for name, values in fixed.items()}
    sample = to_input(images[order[: recipe.num_curvature_digits]])
    size = recipe.digits_per_pass or len(order)
    parts = np.resize(order, (len(recipe.etas), size))  # the order goes round
    for number, (eta, part) in enumerate(zip(recipe.etas, parts, strict=True), start=1):
        steps = step_sizes(_curvature(weights, sample, recipe), eta, recipe.mu)
        least = min(float(step.min()) for step in steps.values())
        largest = max(float(step.max()) for step in steps.values())
        steps |= {name: torch.zeros_like(steps[name]) for name in fixed}
        num_wrong = _train(weights, steps, images, labels, part, recipe)
        history.append(Pass(number, num_wrong, least, largest))
        if on_pass:
            on_pass(history[-1], weights)
    return weights, history


def _curvature(weights: Weights, sample: Tensor, recipe: Recipe1998):
    factor = 2 * recipe.distance_factor
    curvature = diagonal_curvature(with_weights(weights), sample, factor)
    return layer_means(curvature) if recipe.curvature == "layer" else curvature


def _train(weights, steps, images, labels, order, recipe: Recipe1998) -> int:
    """Run one pass of the compiled loop, which changes the weights in place."""
    rubbish = np.nan if recipe.rubbish is None else recipe.rubbish
    return train_digits(
        as_net(weights), as_net(steps), new_state(), images.reshape(-1, 1024),
        np.asarray(labels), order, np.float32(recipe.distance_factor),
        np.float32(rubbish),
    )  # fmt: skip


def predict(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return the (N,) digits that a network sees in (N, 32, 32) uint8 images.

    Raises:
        ValueError: if the images are of another kind.
    """
    check_digits(images)
    return classify(as_net(weights), new_state(), images.reshape(-1, 1024))


def count_wrong(weights: Weights, images: np.ndarray, labels: np.ndarray) -> int:
    """Count the digits that a network misreads."""
    return int((predict(weights, images) != labels).sum())


def _check_labels(labels: np.ndarray, num_images: int) -> None:
    if num_images != len(labels):
        raise ValueError(f"got {num_images} digits but {len(labels)} labels")
    wrong = np.setdiff1d(labels, np.arange(NUM_CLASSES))
    if len(wrong):
        raise ValueError(f"labels go from 0 to {NUM_CLASSES - 1}, got {wrong[0]}")

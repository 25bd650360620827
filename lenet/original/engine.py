"""Train the network of 1998 by the paper's recipe, one digit at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lenet.model import NUM_CLASSES
from lenet.original import sdlm
from lenet.original.network import check_digits, initial_weights, to_input, with_weights
from lenet.original.online import as_net, classify, new_state, train_digits

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
    etas: tuple[float, ...] = sdlm.ETAS  # global step size of each pass
    mu: float = sdlm.MU
    curvature: str = "each"  # parameter has its own; or averaged over each "layer"
    num_curvature_digits: int = sdlm.NUM_CURVATURE_DIGITS
    digits_per_pass: int | None = None  # None: all of them


def train_1998(
    images: np.ndarray,
    labels: np.ndarray,
    recipe: Recipe1998,
    seed: int,
    on_pass: Callable[[Weights], None] | None = None,
    fixed: Weights | None = None,
) -> tuple[Weights, list[int]]:
    """Train one network, a digit at a time, in one random order kept for all passes.

    Args:
        images: (N, 32, 32) uint8, padded digits.
        labels: (N,) integers 0 to 9.
        recipe: the choices of the run.
        seed: draws the initial weights and, from its own stream, the order.
        on_pass: called with the weights after each pass.
        fixed: weights, by name, to take in place of the drawn ones and never to move.

    Returns:
        The weights, and how many digits were misread in each pass, each digit just
        before it was learnt.

    Raises:
        ValueError: if the images or the labels are of another kind.
    """
    check_digits(images)
    _check_labels(labels, len(images))
    order = np.random.default_rng([seed, 1]).permutation(len(images))
    weights = initial_weights(seed, recipe.scale, recipe.power, recipe.coefficient)
    fixed = fixed or {}
    weights |= {name: values.copy() for name, values in fixed.items()}
    sample = to_input(images[order[: recipe.num_curvature_digits]])
    size = recipe.digits_per_pass or len(order)
    parts = np.resize(order, (len(recipe.etas), size))  # the order goes round
    num_wrong = []
    for eta, part in zip(recipe.etas, parts, strict=True):
        steps = sdlm.step_sizes(_curvature(weights, sample, recipe), eta, recipe.mu)
        steps |= {name: torch.zeros_like(steps[name]) for name in fixed}
        num_wrong.append(_train(weights, steps, images[part], labels[part], recipe))
        if on_pass:
            on_pass(weights)
    return weights, num_wrong


def _check_labels(labels: np.ndarray, num_images: int) -> None:
    if num_images != len(labels):
        raise ValueError(f"got {num_images} digits but {len(labels)} labels")
    wrong = np.setdiff1d(labels, np.arange(NUM_CLASSES))
    if len(wrong):
        raise ValueError(f"labels go from 0 to {NUM_CLASSES - 1}, got {wrong[0]}")


def _curvature(weights: Weights, sample: Tensor, recipe: Recipe1998) -> sdlm.Named:
    model, factor = with_weights(weights), 2 * recipe.distance_factor
    h = sdlm.diagonal_curvature(model, sample, factor)
    return sdlm.layer_means(h) if recipe.curvature == "layer" else h


def _train(weights, steps, images, labels, recipe: Recipe1998) -> int:
    """Run one pass of the compiled loop, which changes the weights in place."""
    nets, digits = (as_net(weights), as_net(steps)), images.reshape(-1, 1024)
    rubbish = np.nan if recipe.rubbish is None else recipe.rubbish
    criterion = np.float32(recipe.distance_factor), np.float32(rubbish)
    return train_digits(*nets, new_state(), digits, labels, *criterion)


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

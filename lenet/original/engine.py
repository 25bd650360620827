"""Train the network of 1998 by the paper's recipe, one digit at a time."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from lenet.data import Digits
from lenet.model import NUM_CLASSES
from lenet.original import sdlm
from lenet.original.network import Weights, check_digits, to_input
from lenet.original.online import as_net, classify, new_state, train_digits
from lenet.original.recipe import Recipe1998, initial_weights


def train_1998(
    digits: Digits,
    recipe: Recipe1998,
    seed: int,
    on_pass: Callable[[Weights], object] = lambda weights: None,
    fixed: Weights | None = None,
) -> tuple[Weights, list[int]]:
    """Train one network, a digit at a time, in one random order kept for all passes.

    Args:
        seed: draws the initial weights and, from its own stream, the order.
        on_pass: called with the weights after each pass.
        fixed: weights, by name, to take in place of the drawn ones and never to move.

    Returns:
        The weights, and how many digits were misread in each pass, each digit just
        before it was learnt.

    Raises:
        ValueError: if the images or the labels are of another kind.
    """
    rows, labels = _rows(digits.images), _checked_labels(digits)
    order = np.random.default_rng([seed, 1]).permutation(len(labels))
    weights, fixed = initial_weights(seed, recipe), fixed or {}
    weights |= {name: values.copy() for name, values in fixed.items()}
    sample = to_input(digits.images[order[: recipe.num_curvature_digits]])
    size = recipe.digits_per_pass or len(order)
    parts = np.resize(order, (len(recipe.etas), size))  # the order goes round
    num_wrong = []
    for eta, part in zip(recipe.etas, parts, strict=True):
        steps = sdlm.estimated_steps(weights, sample, recipe, eta)
        steps |= {name: torch.zeros_like(steps[name]) for name in fixed}
        num_wrong.append(_train(weights, steps, rows[part], labels[part], recipe))
        on_pass(weights)
    return weights, num_wrong


def _rows(images: Tensor) -> np.ndarray:
    """Lay each image out as one row of 1,024 grey levels, as the kernels read it."""
    check_digits(images)
    return images.numpy().reshape(-1, 1024)


def _checked_labels(digits: Digits) -> np.ndarray:
    labels = digits.labels.numpy()
    if len(digits.images) != len(labels):
        raise ValueError(f"got {len(digits.images)} digits but {len(labels)} labels")
    wrong = np.setdiff1d(labels, np.arange(NUM_CLASSES))
    if len(wrong):
        raise ValueError(f"labels go from 0 to {NUM_CLASSES - 1}, got {wrong[0]}")
    return labels.astype(np.uint8)


def _train(weights, steps, rows, labels, recipe: Recipe1998) -> int:
    """Run one pass of the compiled loop, which changes the weights in place."""
    rubbish = np.nan if recipe.rubbish is None else recipe.rubbish
    criterion = np.float32(recipe.distance_factor), np.float32(rubbish)
    nets = as_net(weights), as_net(steps)
    return train_digits(*nets, new_state(), rows, labels, *criterion)


def predict(weights: Weights, images: Tensor) -> Tensor:
    """Return the (N,) uint8 digits that a network sees in (N, 32, 32) uint8 images.

    Raises:
        ValueError: if the images are of another kind.
    """
    return torch.from_numpy(classify(as_net(weights), new_state(), _rows(images)))


def count_wrong(weights: Weights, digits: Digits) -> int:
    """Count the digits that a network misreads."""
    return int((predict(weights, digits.images) != digits.labels).sum())

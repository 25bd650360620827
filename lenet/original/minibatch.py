"""Train hybrids, or today's network, 32 digits per update, by three methods."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lenet.data import Batches, Digits
from lenet.original.hybrid import Hybrid, map_criterion
from lenet.original.network import to_input
from lenet.original.sdlm import curvature_below, diagonal_curvature, step_sizes
from lenet.train import train_epoch

BATCH_SIZE = 32
NUM_CURVATURE_DIGITS = 500


def train_minibatches(
    model: nn.Module, digits: Digits, method: str, rates: Sequence[float], seed: int
) -> None:
    """Train in place, in one random order kept for all passes.

    Args:
        model: a `Hybrid` or, for the methods sgd and adam, any with cross-entropy.
        digits: to train on.
        method: "sdlm", "sgd" or "adam".
        rates: step size of each pass, for the mean gradient of a batch.
        seed: draws the order.
    """
    generator = torch.Generator().manual_seed(seed)
    digits = digits[torch.randperm(len(digits), generator=generator)]
    sample = to_input(digits.images[:NUM_CURVATURE_DIGITS].numpy())
    under_codes = isinstance(model, Hybrid) and not model.parts.linear_output
    criterion = map_criterion if under_codes else nn.CrossEntropyLoss()
    kinds = {"sdlm": torch.optim.SGD, "sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    optimizer = kinds[method](model.parameters(), lr=0.0, fused=True)
    steps = {}

    def scale_gradients(*_) -> None:
        for name, parameter in model.named_parameters():
            parameter.grad *= steps[name]

    if (
        method == "sdlm"
    ):  # SGD in which each parameter has its own step, rate / (mu + h)
        optimizer.register_step_pre_hook(scale_gradients)
    for rate in rates:
        if method == "sdlm":
            steps |= step_sizes(curvature(model, sample), 1.0)
        optimizer.param_groups[0]["lr"] = rate
        train_epoch(model, criterion, optimizer, Batches(digits, BATCH_SIZE))


@torch.no_grad()
def curvature(model: Hybrid, images: Tensor) -> dict[str, Tensor]:
    """Estimate the curvature by every parameter; images as from `to_input`."""
    if not model.parts.linear_output:
        return diagonal_curvature(model, images, 1.0)  # of half a squared distance
    f6 = model.states(images)["f6"]
    probs = model.output(f6).softmax(1)
    output, by_f6 = curvature_below(model.output, f6, probs * (1 - probs))
    output = {f"output.{name}": h for name, h in output.items()}
    return diagonal_curvature(model, images, by_f6) | output

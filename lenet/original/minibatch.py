"""Train networks between 1998 and today, 32 digits per update, by three methods."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lenet.batches import Batches
from lenet.data import Digits, to_input
from lenet.original.between import Between, map_criterion
from lenet.original.sdlm import (
    back_conv,
    back_full,
    back_subsample,
    back_table,
    step_sizes,
)
from lenet.train import train_epoch

BATCH_SIZE = 32
NUM_CURVATURE_DIGITS = 500


class DiagonalLM(torch.optim.Optimizer):
    """Move each parameter against its gradient by its own lr / (mu + h)."""

    def __init__(self, model: Between, sample: Tensor):
        """Take the digits to estimate h on; call `estimate` before each pass."""
        named = model.named_parameters()
        super().__init__(
            [{"params": [p], "name": name} for name, p in named], {"lr": 0}
        )
        self.model, self.sample = model, sample

    def estimate(self) -> None:
        """Estimate the curvature anew."""
        steps = step_sizes(curvature(self.model, self.sample), 1.0)
        for group in self.param_groups:
            group["scale"] = steps[group["name"]]

    @torch.no_grad()
    def step(self) -> None:
        """Make one update."""
        for group in self.param_groups:
            (parameter,) = group["params"]
            parameter.addcmul_(parameter.grad, group["scale"], value=-group["lr"])


def train_minibatches(
    model: nn.Module, digits: Digits, method: str, rates: Sequence[float], seed: int
) -> None:
    """Train in place, in one random order kept for all passes.

    Args:
        model: a `Between` or, for the methods sgd and adam, any with cross-entropy.
        digits: to train on.
        method: "sdlm", "sgd" or "adam".
        rates: step size of each pass, for the mean gradient of a batch.
        seed: draws the order.
    """
    generator = torch.Generator().manual_seed(seed)
    digits = digits[torch.randperm(len(digits), generator=generator)]
    optimizer = _optimizer(model, method, digits)
    under_codes = isinstance(model, Between) and not model.parts.linear_output
    criterion = map_criterion if under_codes else nn.CrossEntropyLoss()
    for rate in rates:
        if method == "sdlm":
            optimizer.estimate()
        for group in optimizer.param_groups:
            group["lr"] = rate
        train_epoch(model, criterion, optimizer, Batches(digits, BATCH_SIZE))


def _optimizer(model, method: str, digits: Digits) -> torch.optim.Optimizer:
    if method == "sdlm":
        return DiagonalLM(model, to_input(digits.images[:NUM_CURVATURE_DIGITS]))
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    return kinds[method](model.parameters(), lr=0.0, fused=True)


@torch.no_grad()
def curvature(model: Between, images: Tensor) -> dict[str, Tensor]:
    """Estimate the diagonal second derivatives as `sdlm.diagonal_curvature` does."""
    state, weights = model.states(images), dict(model.named_parameters())
    h: dict[str, Tensor] = {}
    above = _output_back(h, model, state["f6"])
    above = back_full(h, "f6", weights, state["c5"].flatten(1), state["f6"], above)
    above = back_conv(h, "c5", weights["c5.weight"], state["s4"], state["c5"],
                      above[:, :, None, None])  # fmt: skip
    above = _pooled_back(h, "s4", model, weights, state["c3"], state["s4"], above)
    above = _c3_back(h, model, state, above)
    above = _pooled_back(h, "s2", model, weights, state["c1"], state["s2"], above)
    back_conv(h, "c1", weights["c1.weight"], state["x"], state["c1"], above)
    return {name: h[name] for name in weights}


def _output_back(h, model: Between, f6: Tensor) -> Tensor:
    """Return the curvature by F6: 1 under codes; else p(1 - p) of the logits."""
    if not model.parts.linear_output:
        return torch.ones_like(f6)
    probs = model.output(f6).softmax(1)
    at_logits = probs * (1 - probs)
    h["output.weight"] = at_logits.T @ f6**2 / len(f6)
    h["output.bias"] = at_logits.mean(0)
    return at_logits @ model.output.weight**2


def _pooled_back(h, layer, model, weights, x, y, above) -> Tensor:
    if not model.parts.averages:
        return back_subsample(h, layer, weights, x, y, above)
    return (above / 16).repeat_interleave(2, 2).repeat_interleave(2, 3)


def _c3_back(h, model: Between, state, above) -> Tensor:
    if model.parts.full_c3:
        weight = model.c3.weight
        return back_conv(h, "c3", weight, state["s2"], state["c3"], above)
    return back_table(h, model.c3, state["s2"], state["c3"], above)

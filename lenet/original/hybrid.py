"""LeNet-5 with some parts of 1998 and some of today, trained 32 digits per update."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lenet.data import Batches, Digits
from lenet.original import sdlm
from lenet.original.network import LeNet5_1998, map_loss, scaled, to_input
from lenet.original.recipe import Recipe1998, fan_in
from lenet.train import train_epoch

RECIPE = Recipe1998()  # how weights are drawn, and the criterion
BATCH_SIZE = 32


@dataclass(frozen=True)
class Parts:
    """Which parts are today's."""

    full_c3: bool = False  # every C3 map sees all S2 maps, not its own few
    averages: bool = False  # S2 and S4 average; no parameters, no squashing
    linear_output: bool = False  # ten logits and cross-entropy, not codes and MAP


class Hybrid(LeNet5_1998):
    """LeNet-5 of the given parts; `forward` returns scores, and the largest wins."""

    def __init__(self, parts: Parts, seed: int):
        super().__init__()
        self.parts = parts
        if parts.full_c3:
            self.c3 = nn.Conv2d(6, 16, 5)
        if parts.averages:
            self.s2, self.s4 = nn.AvgPool2d(2), nn.AvgPool2d(2)
        if parts.linear_output:
            self.output = nn.Linear(84, 10)
        self._draw(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _draw(self, generator: torch.Generator) -> None:
        for name, parameter in self.named_parameters():
            parameter.fill_(RECIPE.coefficient if name.endswith("coefficient") else 0.0)
            if name.endswith("weight"):
                inputs = fan_in(name, parameter.shape)
                bound = torch.as_tensor(RECIPE.scale / inputs**RECIPE.power)
                drawn = torch.rand(parameter.shape, generator=generator)
                parameter.copy_(bound * (2 * drawn - 1))

    def forward(self, images: Tensor) -> Tensor:
        """Return (N, 10) logits, or minus half distances, of images in [0, 1]."""
        images = scaled(255 * images)
        if self.parts.linear_output:
            return self.output(self.states(images)["f6"])
        return -0.5 * super().forward(images)


def map_criterion(scores: Tensor, labels: Tensor) -> Tensor:
    """Return the MAP criterion of the scores under codes, minus the distances."""
    return map_loss(-scores, labels, RECIPE.rubbish)


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
    sample = to_input(digits.images[: RECIPE.num_curvature_digits])
    under_codes = isinstance(model, Hybrid) and not model.parts.linear_output
    criterion = map_criterion if under_codes else nn.CrossEntropyLoss()
    kind = torch.optim.Adam if method == "adam" else torch.optim.SGD
    optimizer = kind(model.parameters(), lr=0.0, fused=True)
    steps = {}  # of sdlm: SGD in which each parameter has its own, rate / (mu + h)

    def scale_gradients(*_) -> None:
        for name, step in steps.items():
            model.get_parameter(name).grad *= step

    optimizer.register_step_pre_hook(scale_gradients)
    for rate in rates:
        if method == "sdlm":
            steps |= sdlm.step_sizes(curvature(model, sample), 1.0, RECIPE.mu)
        optimizer.param_groups[0]["lr"] = rate
        train_epoch(model, criterion, optimizer, Batches(digits, BATCH_SIZE))


@torch.no_grad()
def curvature(model: Hybrid, images: Tensor) -> dict[str, Tensor]:
    """Estimate the curvature by every parameter; images as from `to_input`."""
    if not model.parts.linear_output:
        return sdlm.diagonal_curvature(model, images, 1.0)  # of half a squared distance
    f6 = model.states(images)["f6"]
    probs = model.output(f6).softmax(1)
    output, by_f6 = sdlm.curvature_below(model.output, f6, probs * (1 - probs))
    output = {f"output.{name}": h for name, h in output.items()}
    return sdlm.diagonal_curvature(model, images, by_f6) | output

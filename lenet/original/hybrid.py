"""LeNet-5 with some of its parts as in 1998 and some as they are today."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lenet.original.engine import Recipe1998
from lenet.original.network import LeNet5_1998, fan_in, map_loss, scaled

RECIPE = Recipe1998()  # how weights are drawn, and the criterion


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

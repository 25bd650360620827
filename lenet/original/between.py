"""LeNet-5 with some of its parts as in 1998 and some as they are today."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lenet.model import InplaceTanh, WholeMapConv2d
from lenet.original.engine import Recipe1998
from lenet.original.network import (
    AMPLITUDE,
    INK,
    PAPER,
    SLOPE,
    Subsample,
    TableConv,
    fan_ins,
    map_loss,
    rbf_codes,
)

RECIPE = Recipe1998()  # how weights are drawn, and the criterion


@dataclass(frozen=True)
class Parts:
    """Which parts are today's."""

    full_c3: bool = False  # every C3 map sees all S2 maps, not its own few
    averages: bool = False  # S2 and S4 average; no parameters, no squashing
    linear_output: bool = False  # ten logits and cross-entropy, not codes and MAP


class Codes(nn.Module):
    """Score F6 by minus half the squared distance to each of the ten fixed codes."""

    def __init__(self):
        """Hold the codes, which are no part of the state."""
        super().__init__()
        self.register_buffer("codes", torch.from_numpy(rbf_codes()).float(), False)

    def forward(self, f6: Tensor) -> Tensor:
        """Map (N, 84) to (N, 10)."""
        return -0.5 * (f6[:, None, :] - self.codes).square().sum(2)


class Between(nn.Module):
    """LeNet-5 of the given parts; `forward` returns scores, and the largest wins."""

    def __init__(self, parts: Parts, seed: int):
        """Draw the weights U(-r, r), r = 2.4 / sqrt(fan-in); biases start at 0."""
        super().__init__()
        self.parts = parts
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = nn.AvgPool2d(2) if parts.averages else Subsample(6)
        self.c3 = nn.Conv2d(6, 16, 5) if parts.full_c3 else TableConv()
        self.s4 = nn.AvgPool2d(2) if parts.averages else Subsample(16)
        self.c5 = WholeMapConv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, 10) if parts.linear_output else Codes()
        self.tanh = InplaceTanh()
        self._draw(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _draw(self, generator: torch.Generator) -> None:
        for name, parameter in self.named_parameters():
            if name.endswith("weight"):
                of_table = name == "c3.weight" and not self.parts.full_c3
                fan_in = fan_ins()[name] if of_table else parameter[0].numel()
                bound = torch.as_tensor(RECIPE.scale / fan_in**RECIPE.power)
                drawn = torch.rand(parameter.shape, generator=generator)
                parameter.copy_(bound * (2 * drawn - 1))
            else:
                scaling = name.endswith("coefficient")
                parameter.fill_(RECIPE.coefficient if scaling else 0.0)

    def states(self, images: Tensor) -> dict[str, Tensor]:
        """Return the input of 1998 and the outputs of C1 to F6 for images in [0, 1]."""
        x = PAPER + (INK - PAPER) * images
        pooled = (lambda a: a) if self.parts.averages else self._squash
        c1 = self._squash(self.c1(x))  # (N, 6, 28, 28)
        s2 = pooled(self.s2(c1))  # (N, 6, 14, 14)
        c3 = self._squash(self.c3(s2))  # (N, 16, 10, 10)
        s4 = pooled(self.s4(c3))  # (N, 16, 5, 5)
        c5 = self._squash(self.c5(s4))  # (N, 120, 1, 1)
        f6 = self._squash(self.f6(c5.flatten(1)))  # (N, 84)
        return {"x": x, "c1": c1, "s2": s2, "c3": c3, "s4": s4, "c5": c5, "f6": f6}

    def _squash(self, a: Tensor) -> Tensor:
        return AMPLITUDE * self.tanh(SLOPE * a)

    def forward(self, images: Tensor) -> Tensor:
        """Return (N, 10) scores of (N, 1, 32, 32) images in [0, 1]."""
        return self.output(self.states(images)["f6"])


def map_criterion(scores: Tensor, labels: Tensor) -> Tensor:
    """Return the MAP criterion of the scores under codes, minus the distances."""
    return map_loss(-scores, labels, RECIPE.rubbish)

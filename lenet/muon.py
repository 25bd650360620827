"""Muon, an optimiser that moves a matrix of weights as far in every direction."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

MOMENTUM = 0.9
ROUNDS = 5  # of Newton and Schulz's iteration, by Jordan's polynomial
LINEAR, CUBIC, QUINTIC = 3.4445, -4.7750, 2.0315


class Muon(torch.optim.Optimizer):
    """Follow the average gradient, made orthogonal for each matrix of weights.

    An average gradient has a few large singular values; what the small ones would teach
    is learnt late. Here all become about 1. The kernels of a convolution are the rows
    of a matrix, and biases are its only column.

    Args:
        lr: singular values of a step, about.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural
    networks", https://kellerjordan.github.io/posts/muon, where Adam trains the first
    and the last layer and the biases.
    """

    def __init__(self, params: Iterable[nn.Parameter], lr: float):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        """Update all parameters."""
        for group in self.param_groups:
            for weights in group["params"]:
                state = self.state[weights]
                if not state:
                    state["average"] = torch.zeros_like(weights)
                average = state["average"].lerp_(weights.grad, 1 - MOMENTUM)
                ahead = weights.grad.lerp(average, MOMENTUM)  # as Nesterov looks ahead
                rows = ahead.reshape(len(ahead), -1)
                weights.sub_(group["lr"] * orthogonal(rows).view(weights.shape))


def orthogonal(matrix: Tensor) -> Tensor:
    """Bring singular values near 1 and keep the singular vectors.

    Those above 1/300 of the matrix's norm end between 0.68 and 1.21.
    """
    wide = matrix.T if len(matrix) > matrix.shape[1] else matrix
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(ROUNDS):
        gram = wide @ wide.T
        factor = torch.addmm(gram, gram, gram, beta=CUBIC, alpha=QUINTIC)
        wide = torch.addmm(wide, factor, wide, beta=LINEAR)
    return wide.T if len(matrix) > matrix.shape[1] else wide

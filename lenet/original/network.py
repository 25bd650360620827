"""The network of LeCun et al. 1998, sec. II-B, as printed: exactly 60,000 parameters.

C3 follows Table I, S2 and S4 have a coefficient and a bias per map, every layer up to
F6 squashes, and ten fixed bitmaps take the place of a last layer: the digit whose
bitmap lies nearest to F6 is the answer. Today's LeNet-5 has none of these four.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

Weights = dict[str, np.ndarray]  # under the parameter names of `LeNet5_1998`
AMPLITUDE = 1.7159  # A of eq. 6
SLOPE = 2 / 3  # S of eq. 6, so that f(1) = 1 and f(-1) = -1
PAPER, INK = -0.1, 1.175  # input levels of white and black, sec. II-B

# Table I: the S2 maps that each of the 16 maps of C3 sees.
C3_TABLE = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
C3_MAPS = tuple(m for m, inputs in enumerate(C3_TABLE) for _ in inputs)  # 60 kernels
C3_INPUTS = tuple(s for inputs in C3_TABLE for s in inputs)

# Fig. 3: one 7x12 bitmap per digit, 84 bits row by row, 1 = ink.
BITMAPS = (
    "7c00e36c78f1e36c70000", "1871e0c183060c18fc000", "7c01f638618e30c1fc000",
    "fe0c30c3c0c183c6f8000", "7c0003367cf1e3cefc183", "7c03fe0c0f0f03c6f8000",
    "3cc3060fdcf1e3e6f8000", "fe0c1861830c183060000", "7d8f1e37d8f1e3c6f8000",
    "7d9f1e3cefc1830cf0000",
)  # fmt: skip


def rbf_codes() -> np.ndarray:
    """Return the ten target codes, (10, 84) int8: -1 for paper and +1 for ink."""
    bits = [[int(bit) for bit in f"{int(row, 16):084b}"] for row in BITMAPS]
    return (2 * np.array(bits) - 1).astype(np.int8)


# In float32, so that a compiled `scaled` does the arithmetic of PyTorch.
LEVEL_0, PER_LEVEL = np.float32(PAPER), np.float32((INK - PAPER) / 255)


def scaled(levels):
    """Scale grey levels, 0 for white to 255 for black, to the input's range."""
    return levels * PER_LEVEL + LEVEL_0


def to_input(images: Tensor) -> Tensor:
    """Scale (N, 32, 32) uint8 grey levels to the input, (N, 1, 32, 32) float32."""
    check_digits(images)
    return scaled(images.float())[:, None]


def check_digits(images: Tensor) -> None:
    """Raise ValueError if these are not (N, 32, 32) uint8 grey levels."""
    if images.dtype != torch.uint8 or images.shape[1:] != (32, 32):
        found = f"{images.dtype} {tuple(images.shape[1:])}"
        remedy = "pad them with lenet.data.pad"
        raise ValueError(f"expected uint8 digits of 32×32, got {found}: {remedy}")


def squash(a: Tensor) -> Tensor:
    """Return f(a) = 1.7159 tanh(2a/3), eq. 6."""
    return AMPLITUDE * torch.tanh(SLOPE * a)


def squash_slope(y: Tensor) -> Tensor:
    """Return f'(a) for the output y = f(a)."""
    return SLOPE * (AMPLITUDE - y * y / AMPLITUDE)


def block_sums(x: Tensor) -> Tensor:
    """Add the four units of each 2x2 block: a sum, not the mean of average pooling."""
    return functional.avg_pool2d(x, 2, divisor_override=1)


class Subsample(nn.Module):
    """Squash the sums of 2x2 blocks, times a coefficient, plus a bias (S2 and S4)."""

    def __init__(self, num_maps: int):
        super().__init__()
        self.coefficient = nn.Parameter(torch.zeros(num_maps))
        self.bias = nn.Parameter(torch.zeros(num_maps))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H/2, W/2)."""
        scale, shift = self.coefficient[:, None, None], self.bias[:, None, None]
        return squash(scale * block_sums(x) + shift)


class TableConv(nn.Module):
    """Convolve 6 maps into 16 through the 60 5x5 kernels of Table I (C3)."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(len(C3_MAPS), 5, 5))
        self.bias = nn.Parameter(torch.zeros(len(C3_TABLE)))

    def dense(self) -> Tensor:
        """Lay the 60 kernels out as (16, 6, 5, 5), zero where Table I has no X."""
        places = torch.tensor(C3_MAPS), torch.tensor(C3_INPUTS)
        return self.weight.new_zeros(16, 6, 5, 5).index_put(places, self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 6, 14, 14) to (N, 16, 10, 10)."""
        return functional.conv2d(x, self.dense(), self.bias)


class LeNet5_1998(nn.Module):  # noqa: N801  the year is part of the name
    """LeNet-5 as printed in 1998; `forward` returns distances, and the least one wins.

    Layers carry the paper's names. It is of use `with_weights` only.
    """

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsample(6)
        self.c3 = TableConv()
        self.s4 = Subsample(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.register_buffer("codes", torch.tensor(rbf_codes()).float(), False)

    def states(self, images: Tensor) -> dict[str, Tensor]:
        """Return the squashed outputs of C1 to F6; images as from `to_input`."""
        c1 = squash(self.c1(images))  # (N, 6, 28, 28)
        s2 = self.s2(c1)  # (N, 6, 14, 14)
        c3 = squash(self.c3(s2))  # (N, 16, 10, 10)
        s4 = self.s4(c3)  # (N, 16, 5, 5)
        c5 = squash(self.c5(s4))  # (N, 120, 1, 1)
        f6 = squash(self.f6(c5.flatten(1)))  # (N, 84)
        return {"c1": c1, "s2": s2, "c3": c3, "s4": s4, "c5": c5, "f6": f6}

    def forward(self, images: Tensor) -> Tensor:
        """Return (N, 10) squared distances of F6 to the ten codes, eq. 7."""
        f6 = self.states(images)["f6"]
        return (f6[:, None, :] - self.codes).square().sum(2)


def with_weights(weights: Weights) -> LeNet5_1998:
    """Return the network with these weights; parameters not named are arbitrary."""
    model = LeNet5_1998()
    tensors = {name: torch.from_numpy(values) for name, values in weights.items()}
    model.load_state_dict(tensors, strict=False)
    return model


def map_loss(distances: Tensor, labels: Tensor, rubbish: float) -> Tensor:
    """Return the maximum a posteriori criterion, eq. 9; `rubbish` is its j > 0.

    The distance to the right code is pulled down (eq. 8, the mean squared error, has
    this term alone); all distances, and a rubbish class at j, are pushed away.
    """
    right = distances.gather(1, labels[:, None]).mean()
    # Distances start near 84, and exp(-84) is nothing in float32: hence logsumexp.
    every = functional.pad(distances, (0, 1), value=rubbish)
    return right + every.neg().logsumexp(1).mean()

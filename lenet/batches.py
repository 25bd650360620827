"""Batches cut from digits in memory, by index: no workers, no per-image transforms."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from lenet.data import Digits, to_input


class Batches:
    """Cut digits into batches of ``(B, 1, 32, 32)`` float32 in [0, 1] and labels.

    Args:
        digits: what to cut; moved to ``device`` once, as uint8.
        batch_size: digits per batch; the last one may be smaller.
        shuffle: draws a new order for every pass; None keeps the order given.
        distort: takes a batch of images and the generator above, and changes them.
        device: where the batches are.

    Raises:
        ValueError: if there is nothing to cut.
    """

    def __init__(
        self,
        digits: Digits,
        batch_size: int,
        *,
        shuffle: torch.Generator | None = None,
        distort: Callable[[Tensor, torch.Generator], Tensor] | None = None,
        device: torch.device | str = "cpu",
    ):
        if len(digits) == 0 or batch_size < 1:
            raise ValueError(
                f"cannot cut {len(digits)} digits into batches of {batch_size}"
            )
        self.images = digits.images.to(device)
        self.labels = digits.labels.to(device)
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.distort = distort

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for indices in self._order().split(self.batch_size):
            images = to_input(self.images[indices])
            if self.distort:
                images = self.distort(images, self.shuffle)
            yield images, self.labels[indices]

    def _order(self) -> Tensor:
        if self.shuffle is None:
            order = torch.arange(len(self.labels))
        else:
            order = torch.randperm(len(self.labels), generator=self.shuffle)
        return order.to(self.labels.device)

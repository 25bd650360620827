"""Digits in memory: MNIST or the sample, padded, split, and cut into batches."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from lenet import mnist
from lenet.model import IMAGE_SIZE


@dataclass(frozen=True)
class Digits:
    """Images ``(N, 32, 32)`` uint8, 0 background to 255 ink, and labels ``(N,)``."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices) -> "Digits":
        return Digits(self.images[indices], self.labels[indices])


@dataclass(frozen=True)
class Dataset:
    """Training digits, and test digits that are read only when asked for."""

    name: str
    train: Digits
    read_test: Callable[[], Digits]
    banner: str | None = None  # what a reader of a run on sample digits must know first

    @property
    def is_sample(self) -> bool:
        """Whether these are not MNIST's digits."""
        return self.banner is not None


def load_dataset(choice: str | None = None) -> Dataset:
    """Load MNIST, or the small sample where MNIST cannot be had.

    Args:
        choice: ``"mnist"``, or an error; ``"sample"``: scikit-learn's bundled digits;
            None: as the environment variable ``DATASET`` says, and if it says nothing,
            MNIST, with the sample as a loudly announced stand-in.

    Raises:
        ValueError: if the choice is neither, or a file of MNIST is damaged.
        FileNotFoundError: if MNIST was asked for, or MNIST_DIR set, and it is missing.
    """
    choice = choice or os.environ.get("DATASET") or "auto"
    if choice == "sample":
        return _sample()
    if choice not in ("mnist", "auto"):
        raise ValueError(f"DATASET is {choice!r}: give 'mnist' or 'sample'")
    try:
        return Dataset("MNIST", _read("train"), lambda: _read("test"))
    except FileNotFoundError as error:
        if choice == "mnist" or os.environ.get("MNIST_DIR"):
            raise
        print(f"{error}\n\n*** MNIST IS NOT AT HAND: USING THE SAMPLE DIGITS ***\n")
        return _sample()


def _read(split: str) -> Digits:
    images, labels = (torch.tensor(array) for array in mnist.load_split(split))
    return Digits(pad(images), labels.long())


def _sample() -> Dataset:
    """Return scikit-learn's 1,797 digits of 8x8 pixels, scaled up to MNIST's form."""
    from sklearn.datasets import load_digits  # slow to import, seldom needed

    bundle = load_digits()
    small = torch.tensor(bundle.images / bundle.images.max(), dtype=torch.float32)
    large = F.interpolate(small[:, None], size=(20, 20), mode="bilinear")[:, 0]
    images = pad((255 * large).round().to(torch.uint8))
    digits = Digits(images, torch.tensor(bundle.target).long())
    train, test = digits[:-500], digits[-500:]
    name = "scikit-learn's sample digits"
    banner = f"This run used {name} ({len(train):,} to train on), not MNIST; "
    banner += "its numbers say nothing about MNIST."
    return Dataset(name, train, lambda: test, banner)


def pad(images: Tensor) -> Tensor:
    """Pad ``(N, H, W)`` images with background to ``(N, 32, 32)``; nothing is resized.

    Raises:
        ValueError: if the images are not square, even-sized and at most 32 pixels wide.

    Source: LeCun et al. 1998, sec. II-B and III-A.
    """
    height, width = images.shape[-2:]
    if height != width or width > IMAGE_SIZE or width % 2:
        wanted = f"square images of an even size up to {IMAGE_SIZE}"
        found = f"{height}x{width}: scale or crop them first"
        raise ValueError(f"expected {wanted}, got {found}")
    return F.pad(images, 4 * [(IMAGE_SIZE - width) // 2])


def split_train_val(digits: Digits, val_size: int, seed: int) -> tuple[Digits, Digits]:
    """Split training digits at random into training and validation digits."""
    num = len(digits)
    if not 0 < val_size < num:
        raise ValueError(f"val_size is {val_size:,} of {num:,} digits: leave some over")
    order = torch.randperm(num, generator=torch.Generator().manual_seed(seed))
    return digits[order[val_size:]], digits[order[:val_size]]


def to_input(images: Tensor) -> Tensor:
    """Bring ``(N, 32, 32)`` uint8 images to the network's ``(N, 1, 32, 32)`` in [0, 1].

    Differs from the paper: there the background is -0.1 and the ink 1.175.
    """
    return images.unsqueeze(1) / 255


class Batches:
    """Cut digits into batches of ``(B, 1, 32, 32)`` float32 in [0, 1] and labels.

    Args:
        digits: what to cut; moved to ``device`` once, as uint8.
        batch_size: digits per batch; the last one may be smaller.
        shuffle: draws a new order for every pass; None keeps the order given.
        distort: changes a batch of images, with draws from the generator above.
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
        self.digits = Digits(digits.images.to(device), digits.labels.to(device))
        self.batch_size, self.shuffle, self.distort = batch_size, shuffle, distort

    def __len__(self) -> int:
        return -(-len(self.digits) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.arange(len(self.digits))
        if self.shuffle:
            order = torch.randperm(len(order), generator=self.shuffle)
        for indices in order.to(self.digits.labels.device).split(self.batch_size):
            batch = self.digits[indices]
            images = to_input(batch.images)
            if self.distort:
                images = self.distort(images, self.shuffle)
            yield images, batch.labels

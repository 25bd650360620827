"""Digits in memory: splits and padding. MNIST is small: a split is one uint8 tensor."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lenet import mnist

IMAGE_SIZE = 32  # the network's input; "larger than the largest character" (sec. II-B)
NUM_CLASSES = 10
NUM_SAMPLE_TEST = 500  # of scikit-learn's 1,797 digits


@dataclass(frozen=True)
class Digits:
    """Images ``(N, 32, 32)`` uint8, 0 background to 255 ink, and labels ``(N,)``."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices) -> "Digits":
        """Return the digits with the given indices."""
        return Digits(self.images[indices], self.labels[indices])

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the images and labels as NumPy arrays, both uint8."""
        return self.images.numpy(), self.labels.numpy().astype(np.uint8)

    def counts(self) -> list[int]:
        """Count the digits of each class."""
        return torch.bincount(self.labels, minlength=NUM_CLASSES).tolist()


@dataclass(frozen=True)
class Dataset:
    """Training digits, and test digits that are read only when asked for."""

    name: str
    is_sample: bool
    train: Digits
    read_test: Callable[[], Digits]

    @property
    def banner(self) -> str | None:
        """What a reader of a sample run must know first; None for MNIST."""
        if not self.is_sample:
            return None
        return (
            f"This run used {self.name} ({len(self.train):,} to train on), not MNIST; "
            "its numbers say nothing about MNIST."
        )


def load_dataset(choice: str | None = None) -> Dataset:
    """Load MNIST, or the small sample where MNIST cannot be had.

    Args:
        choice: ``"mnist"``: MNIST or an error; ``"sample"``: scikit-learn's bundled
            digits; None: what the environment variable ``DATASET`` says, and if it
            says nothing, MNIST with the sample as a loudly announced stand-in.

    Raises:
        ValueError: if the choice is neither; MnistDamagedError on a bad file.
        MnistMissingError: if MNIST was asked for, or MNIST_DIR set, and it is missing.
    """
    choice = choice or os.environ.get("DATASET") or "auto"
    if choice == "sample":
        return _sample()
    if choice not in ("mnist", "auto"):
        raise ValueError(f"DATASET is {choice!r}: give 'mnist' or 'sample'")
    try:
        return _mnist()
    except mnist.MnistMissingError as error:
        if choice == "mnist" or os.environ.get("MNIST_DIR"):
            raise
        print(f"{error}\n\n*** MNIST IS NOT AT HAND: USING THE SAMPLE DIGITS ***\n")
        return _sample()


def _mnist() -> Dataset:
    def read(split: str) -> Digits:
        images, labels = (torch.tensor(array) for array in mnist.load_split(split))
        return Digits(pad(images), labels.long())

    return Dataset("MNIST", False, read("train"), lambda: read("test"))


def _sample() -> Dataset:
    """Return scikit-learn's 1,797 digits of 8x8 pixels, scaled up to MNIST's form."""
    from sklearn.datasets import load_digits  # slow to import, seldom needed

    bundle = load_digits()
    small = torch.tensor(bundle.images / bundle.images.max(), dtype=torch.float32)
    large = F.interpolate(small[:, None], size=(20, 20), mode="bilinear")[:, 0]
    images = pad((255 * large).round().to(torch.uint8))
    digits = Digits(images, torch.tensor(bundle.target).long())
    train, test = digits[:-NUM_SAMPLE_TEST], digits[-NUM_SAMPLE_TEST:]
    return Dataset("scikit-learn's sample digits", True, train, lambda: test)


def pad(images: Tensor) -> Tensor:
    """Pad ``(N, H, W)`` images with background to ``(N, 32, 32)``; nothing is resized.

    Raises:
        ValueError: if the images are not square, even-sized and at most 32 pixels wide.

    Source: LeCun et al. 1998, sec. II-B and III-A.
    """
    height, width = images.shape[-2:]
    if height != width or width > IMAGE_SIZE or width % 2:
        raise ValueError(
            f"expected square images of an even size up to {IMAGE_SIZE}, got "
            f"{height}x{width}: scale or crop them first"
        )
    return F.pad(images, 4 * [(IMAGE_SIZE - width) // 2])


def seed_report_splits(dataset: Dataset) -> tuple[Digits, Digits]:
    """Return the splits of the seed report: all training digits, and the *test* digits.

    The seed report watched the test digits after every epoch and called them its
    validation set. Use this to repeat it, and only with hyperparameters fixed before.
    """
    return dataset.train, dataset.read_test()


def split_train_val(digits: Digits, val_size: int, seed: int) -> tuple[Digits, Digits]:
    """Split training digits at random into training and validation digits.

    Raises:
        ValueError: if nothing would be left to train on.
    """
    if not 0 < val_size < len(digits):
        raise ValueError(
            f"val_size is {val_size:,} of {len(digits):,} digits: give at least 1 and "
            "leave at least 1 to train on"
        )
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(digits), generator=generator)
    return digits[order[val_size:]], digits[order[:val_size]]


def digest(*splits: Digits) -> str:
    """Return the SHA-256 of some digits, by which to know them again."""
    content = hashlib.sha256()
    for each in splits:
        for part in (each.images, each.labels):
            content.update(part.contiguous().cpu().numpy())
    return content.hexdigest()


def to_input(images: Tensor) -> Tensor:
    """Bring ``(N, 32, 32)`` uint8 images to the network's ``(N, 1, 32, 32)`` in [0, 1].

    Differs from the paper: there the background is -0.1 and the ink 1.175.
    """
    return images.unsqueeze(1).float().div_(255)

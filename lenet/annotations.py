"""Facts about MNIST and the paper: writers, doubtful labels, the results of 1998.

The files lie in ``lenet/facts``; ``SOURCES.md`` there says where each comes from.
"""

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lenet.data import Digits

FACTS = Path(__file__).parent / "facts"
STUDENT_SERIES = 4  # hsf_4: SD-1, high-school students; hsf_0 to 3: SD-3, Census staff
NUM_STUDENT_TEST = 5_001  # test digits 0 to 5,000 are SD-1, the other 4,999 SD-3
NUM_TEST = 10_000


def writers() -> tuple[Tensor, Tensor]:
    """Return the writer of each training digit, and whether that is a student."""
    with np.load(FACTS / "mnist_train_writers.npz") as file:
        numbers = torch.tensor(file["writer"].astype(np.int64))
        return numbers, torch.tensor(file["hsf"] == STUDENT_SERIES)


def test_writers() -> Tensor:
    """Return the writer of each test digit."""
    with np.load(FACTS / "mnist_test_writers.npz") as file:
        return torch.tensor(file["writer"].astype(np.int64))


@cache
def errors_1998() -> dict[int, int]:
    """Return what LeNet-5 answered in 1998 on the 82 test digits it misread, by index.

    Source: LeCun et al. 1998, Fig. 8.
    """
    rows = csv.DictReader((FACTS / "lenet5_1998_errors.csv").read_text().splitlines())
    return {int(row["test_index"]): int(row["lenet5_1998_prediction"]) for row in rows}


def label_errors() -> list[int]:
    """Return the 15 test digits whose labels human reviewers rejected.

    Source: Northcutt, Athalye and Mueller 2021.
    """
    return json.loads((FACTS / "mnist_test_label_errors_cleanlab15.json").read_text())


def curves_1998() -> dict:
    """Return the paper's error rates over passes (Fig. 5) and sizes (Fig. 6)."""
    return json.loads((FACTS / "lecun98_fig5_fig6.json").read_text())


def split_by_writer(digits: Digits, val_size: int, seed: int) -> tuple[Digits, Digits]:
    """Split MNIST's training digits so that no writer is on both sides.

    Writers are drawn at random, students and Census staff apart, until each group has
    given half of the validation digits, or a writer's fewer. So the validation set is
    made as the test set is, of writers never seen.

    Raises:
        ValueError: if these are not MNIST's 60,000 training digits, or a side is empty.
    """
    numbers, student = writers()
    if len(digits) != len(numbers):
        raise ValueError(
            f"{len(digits):,} digits: writers are known for all {len(numbers):,} of "
            "MNIST's training digits, in their order"
        )
    generator = torch.Generator().manual_seed(seed)
    held_out = torch.zeros(len(digits), dtype=torch.bool)
    for group in (student, ~student):
        names, sizes = numbers[group].unique(return_counts=True)
        order = torch.randperm(len(names), generator=generator)
        chosen = order[sizes[order].cumsum(0) <= val_size / 2]
        held_out |= torch.isin(numbers, names[chosen])
    if held_out.all() or not held_out.any():
        wanted = "give enough for a writer of each group and leave some to train on"
        raise ValueError(f"val_size is {val_size:,}: {wanted}")
    return digits[~held_out], digits[held_out]

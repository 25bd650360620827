"""The training loop: one epoch, one evaluation, and the loop over epochs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from lenet.metrics import Scores
from lenet.model import evaluation_mode

Batch = tuple[Tensor, Tensor]  # images (B, 1, 32, 32) float32, labels (B,) int64


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch left behind."""

    epoch: int  # counted from 1
    running_loss: float  # mean training loss *during* it, while the weights changed
    train: Scores  # on the training digits after it
    val: Scores  # on the validation digits after it

    def __str__(self) -> str:
        scores = f"training {self.train}   validation {self.val}"
        return f"epoch {self.epoch:3d}   {scores}"

    @classmethod
    def fromdict(cls, values: dict) -> "EpochRecord":
        """Rebuild a record from :func:`dataclasses.asdict`."""
        scores = {part: Scores(**values[part]) for part in ("train", "val")}
        return cls(**values | scores)


def training_loop(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    train_loader: Iterable[Batch],
    valid_loader: Iterable[Batch],
    epochs: int,
    device: torch.device | str = "cpu",
    *,
    train_eval_loader: Iterable[Batch] | None = None,
    print_every: int = 1,
    history: Iterable[EpochRecord] = (),
    after_epoch: Callable[[list[EpochRecord]], None] | None = None,
) -> tuple[nn.Module, list[EpochRecord]]:
    """Train a model and score it after every epoch.

    Args:
        model: maps ``(B, 1, 32, 32)`` images to ``(B, 10)`` logits; changed in place.
        criterion: mean loss over a batch, such as ``nn.CrossEntropyLoss()``.
        optimizer: updates the model's parameters.
        train_loader: any iterable of (images, labels) batches, one pass an epoch.
        valid_loader: the validation digits, to score after each epoch.
        epochs: the epoch to stop after, counted from 1.
        device: where the model is; batches are moved there.
        train_eval_loader: the training digits to score after each epoch, perhaps in
            larger batches; by default a second pass over ``train_loader``.
        print_every: print a line every so many epochs; 0 prints nothing.
        history: records of earlier epochs, when a run is resumed.
        after_epoch: called with the history so far, for instance to save it.

    Returns:
        The model and one record per epoch, the earlier ones included.

    Raises:
        ValueError: if a loader is empty or the criterion does not take the mean.
        FloatingPointError: if the loss stops being a finite number.
    """
    history = list(history)
    score_loader = train_loader if train_eval_loader is None else train_eval_loader
    for epoch in range(len(history) + 1, epochs + 1):
        loss = train_epoch(model, criterion, optimizer, train_loader, device)
        train = evaluate(model, criterion, score_loader, device)
        val = evaluate(model, criterion, valid_loader, device)
        history.append(EpochRecord(epoch, loss, train, val))
        if print_every and (epoch % print_every == 0 or epoch == epochs):
            print(history[-1])
        if after_epoch:
            after_epoch(history)
    return model, history


def train_epoch(model, criterion, optimizer, loader, device="cpu") -> float:
    """Make one pass of optimiser updates; return the mean loss met on the way."""
    _require_mean(criterion)
    model.train()
    losses, sizes = [], []
    for images, labels in tqdm(loader, disable=None, leave=False):  # terminals only
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        sizes.append(len(labels))
    return _mean_loss(losses, sizes)


@torch.inference_mode()
def evaluate(model, criterion, loader, device="cpu") -> Scores:
    """Score a model, exactly whatever the batch sizes; its weights stay the same."""
    _require_mean(criterion)
    losses, sizes, num_correct = [], [], 0
    with evaluation_mode(model):
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            logits = model(images)
            losses.append(criterion(logits, labels))
            sizes.append(len(labels))
            num_correct += (logits.argmax(1) == labels).sum()
    return Scores(_mean_loss(losses, sizes), int(num_correct), sum(sizes))


def _require_mean(criterion: nn.Module) -> None:
    reduction = getattr(criterion, "reduction", "mean")
    if reduction != "mean":
        raise ValueError(f"the criterion's reduction is {reduction!r}: use 'mean'")


def _mean_loss(losses: list[Tensor], sizes: list[int]) -> float:
    """Weight the batches' mean losses by their sizes: the mean over all examples."""
    if not sizes:
        raise ValueError("the loader gave no batch: give it at least one example")
    mean = float(np.average(torch.stack(losses).cpu().double(), weights=sizes))
    if not np.isfinite(mean):
        raise FloatingPointError(f"the loss became {mean}: lower the learning rate")
    return mean

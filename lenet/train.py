"""The training loop: one epoch, one evaluation, and the loop over epochs."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from tqdm import tqdm

from lenet.batches import Batch, forward
from lenet.metrics import Scores
from lenet.model import evaluation_mode


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
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    train_loader: Iterable[Batch],
    valid_loader: Iterable[Batch],
    epochs: int,
    device: torch.device | str = "cpu",
    *,
    train_eval_loader: Iterable[Batch] | None = None,
    print_every: int = 1,
    history: Iterable[EpochRecord] = (),
    after_epoch: Callable[[list[EpochRecord]], object] | None = None,
) -> tuple[nn.Module, list[EpochRecord]]:
    """Train a model and score it after every epoch.

    Ctrl-C ends the training: the model goes back to the last finished epoch, while the
    optimizer does not. Before one has finished, it raises `KeyboardInterrupt` as usual.

    Args:
        model: maps ``(B, 1, 32, 32)`` images to ``(B, 10)`` logits; changed in place.
        criterion: mean loss over a batch, such as ``nn.CrossEntropyLoss()``.
        train_loader: any iterable of batches as `forward` reads, one pass an epoch.
        valid_loader: the validation digits, to score after each epoch.
        epochs: the epoch to stop after, counted from 1.
        device: where the model is; batches are moved there.
        train_eval_loader: the training digits to score after each epoch, perhaps in
            larger batches; by default a second pass over ``train_loader``.
        print_every: print a line every so many epochs; 0 prints nothing.
        history: records of earlier epochs, when a run is resumed.
        after_epoch: called with the history so far, for instance to save it or to step
            a scheduler; if it returns a true value, training ends.

    Returns:
        The model and one record per epoch, the earlier ones included.

    Raises:
        TypeError, ValueError: if a loader is empty or gives what `forward` refuses.
        FloatingPointError: if the loss stops being a finite number.
    """
    history, weights = list(history), deepcopy(model.state_dict())
    score_loader = train_loader if train_eval_loader is None else train_eval_loader
    try:
        for epoch in range(len(history) + 1, epochs + 1):
            loss = train_epoch(model, criterion, optimizer, train_loader, device)
            train = evaluate(model, criterion, score_loader, device)
            val = evaluate(model, criterion, valid_loader, device)
            record = EpochRecord(epoch, loss, train, val)
            history, weights = [*history, record], deepcopy(model.state_dict())
            last = bool(after_epoch and after_epoch(history)) or epoch == epochs
            if print_every and (last or epoch % print_every == 0):
                print(record)
            if last:
                break
    except KeyboardInterrupt:
        if not history:
            raise
        model.load_state_dict(weights)
        print(f"stopped: model and history are as they were after epoch {len(history)}")
    return model, history


def train_epoch(model, criterion, optimizer, loader, device="cpu") -> float:
    """Make one pass of optimiser updates; return the mean loss met on the way."""
    model.train()
    batches = []
    for batch in tqdm(loader, disable=None, leave=False):  # on terminals only
        logits, labels = forward(model, criterion, batch, device)
        batches.append((logits.detach().clone(), labels))
        loss = criterion(logits, labels)
        if loss.isnan() and logits.isfinite().all():
            continue  # the mean over no label: all are ignored, or of weight 0
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return _score(criterion, batches).loss


@torch.inference_mode()
def evaluate(model, criterion, loader, device="cpu") -> Scores:
    """Score a model, exactly whatever the batch sizes; its weights stay the same."""
    batches = []
    with evaluation_mode(model):
        for batch in loader:
            logits, labels = forward(model, criterion, batch, device)
            batches.append((logits.clone(), labels))  # a compiled model reuses it
    return _score(criterion, batches)


@torch.no_grad()
def _score(criterion, batches: list[tuple[Tensor, Tensor]]) -> Scores:
    """Score the logits and labels of all batches as one: their sizes play no part."""
    if not batches:
        raise ValueError("the loader gave no batch: give it at least one example")
    logits, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    classes = labels if labels.ndim == 1 else labels.argmax(1)
    counted = classes == classes.clamp(0, logits.shape[1] - 1)
    counted &= classes != getattr(criterion, "ignore_index", -100)
    if not counted.any():
        raise ValueError("the criterion ignores every label: give it some that count")
    loss = criterion(logits, labels)
    if not loss.isfinite():
        raise FloatingPointError(f"the loss became {loss}: lower the learning rate")
    num_correct = (logits.argmax(1) == classes)[counted].sum()
    return Scores(float(loss), int(num_correct), int(counted.sum()))

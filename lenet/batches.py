"""Batches and criteria as people have them: read what is plain, refuse the rest."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Batch = tuple[Tensor, Tensor] | Mapping[str, Tensor]
KEYS = ("image", "images", "pixel_values"), ("label", "labels")
OF_CLASSES = (nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss)


def forward(model: nn.Module, criterion: Callable, batch: Batch, device) -> tuple:
    """Return a batch's logits and its labels, as the criterion takes them.

    Args:
        batch: images and labels, in this order or under `KEYS`; what else it holds is
            left aside, unless it might be weights. Labels are classes ``(B,)``, or
            one-hot or probabilities ``(B, 10)``.

    Returns:
        Logits ``(B, 10)``; labels ``(B,)`` int64 or ``(B, 10)`` of the logits' dtype.

    Raises:
        TypeError: if it is not plain which are the images and which the labels.
        ValueError: if the labels do not fit, or the criterion is no mean.
    """
    _require_mean(criterion)
    images, labels = (part.to(device) for part in _images_and_labels(batch))
    logits = model(images)
    floats, by_element = labels.is_floating_point(), _is_by_element(criterion)
    if labels.shape == logits.shape and (floats or _is_one_hot(labels)):
        return logits, labels.to(logits.dtype)
    if labels.shape == logits.shape[:1] and not (floats or by_element):
        return logits, labels.long()
    found = f"{labels.dtype} of shape {tuple(labels.shape)}"
    wanted = f"one-hot or probabilities of shape {tuple(logits.shape)}"
    if not by_element:
        wanted = f"integers of shape {tuple(logits.shape[:1])}, or {wanted}"
    raise ValueError(f"{_name(criterion)} wants labels as {wanted}; got {found}")


def _images_and_labels(batch) -> list[Tensor]:
    parts, found = [], type(batch).__name__
    if isinstance(batch, Mapping):
        keys = [key for each in KEYS for key in each if key in batch]
        if [key in KEYS[0] for key in keys] == [True, False]:
            parts = [batch[key] for key in dict.fromkeys([*keys, *batch])]
        found = f"a dict of {', '.join(map(repr, batch))}"
    elif isinstance(batch, tuple | list):
        parts, found = batch, f"a {found} of {len(batch)}"
    if len(parts) < 2:
        dicts = " and ".join("/".join(each) for each in KEYS)
        raise TypeError(
            f"expected (images, labels) or a dict with {dicts}; got {found}"
        )
    if any(torch.is_tensor(part) and part.is_floating_point() for part in parts[2:]):
        remedy = "give weights to the criterion, by class, or leave them out"
        raise TypeError(f"{found} holds floats beside images and labels: {remedy}")
    try:
        return [torch.as_tensor(part) for part in parts[:2]]
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"images and labels must be tensors: {error}") from error


def _name(criterion: Callable) -> str:
    return getattr(criterion, "__name__", type(criterion).__name__)


def _is_one_hot(labels: Tensor) -> bool:
    labels = labels.long()
    return torch.equal(labels, F.one_hot(labels.argmax(1), labels.shape[1]))


def _is_by_element(criterion: Callable) -> bool:
    """Whether it is a loss of PyTorch that wants labels of the logits' shape."""
    of_torch = type(criterion).__module__ == nn.CrossEntropyLoss.__module__
    return of_torch and not isinstance(criterion, OF_CLASSES)


def _require_mean(criterion: Callable) -> None:
    """Refuse a criterion that is no mean, or that fits batches of one size alone."""
    name, reduction = _name(criterion), getattr(criterion, "reduction", "mean")
    if reduction not in ("mean", "batchmean"):
        raise ValueError(f"{name}'s reduction is {reduction!r}: use 'mean'")
    if isinstance(criterion, nn.BCELoss | nn.BCEWithLogitsLoss):
        weights = (criterion.weight, getattr(criterion, "pos_weight", None))
        if any(each is not None and each.numel() > each.shape[-1] for each in weights):
            raise ValueError(f"{name} weighs by place in the batch: weigh by class")

"""A whole run from its config: model, optimiser, loaders and loop, put together."""

from functools import partial
from itertools import count
from math import cos, pi
from pathlib import Path

import torch
from torch import nn

from lenet.augment import distort
from lenet.batches import Batches
from lenet.checkpoint import resume, save_checkpoint
from lenet.config import Config
from lenet.data import Digits, digest
from lenet.model import LeNet5, new_model
from lenet.train import EpochRecord, training_loop

EVAL_BATCH_SIZE = 64  # fastest of 32 ... 2,000 on two cores: its maps stay in cache

WARM_UP = 0.25  # share of a one-cycle run in which the learning rate climbs


def new_optimizer(model: nn.Module, config: Config) -> torch.optim.Adam:
    """Return plain Adam; ``fused`` does the same arithmetic in one pass."""
    return torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)


def follow_one_cycle(
    optimizer: torch.optim.Optimizer, config: Config, num_steps: int, step: int = 0
) -> None:
    """Set the learning rate before every update, from where a run stands.

    Source: Smith 2018, "A disciplined approach to neural network hyper-parameters".
    """
    steps = count(step)

    def set_rate(*_) -> None:
        rate = config.learning_rate * one_cycle(next(steps) / num_steps)
        for group in optimizer.param_groups:
            group["lr"] = rate

    optimizer.register_step_pre_hook(set_rate)


def one_cycle(progress: float) -> float:
    """Return the rate as a fraction of its peak: a line up, half a cosine down."""
    if progress < WARM_UP:
        return 0.04 + 0.96 * progress / WARM_UP
    return 0.5 + 0.5 * cos(pi * (progress - WARM_UP) / (1 - WARM_UP))


def new_loaders(config: Config, train: Digits, val: Digits, device="cpu", scored=None):
    """Return shuffled training batches, and two splits in order for scoring.

    The first of these are the training digits, or those given as ``scored``.
    """
    shuffle = torch.Generator().manual_seed(config.seed)
    change = partial(distort, strength=config.distortion, shift=config.shift)
    train_loader = Batches(
        train, config.batch_size, shuffle=shuffle, distort=change, device=device
    )
    splits = (train if scored is None else scored, val)
    in_order = [Batches(each, EVAL_BATCH_SIZE, device=device) for each in splits]
    return train_loader, *in_order


def fit(
    config: Config,
    train: Digits,
    val: Digits,
    device: torch.device | str = "cpu",
    *,
    checkpoint: Path | str | None = None,
    score_train: bool = True,
    print_every: int = 1,
) -> tuple[LeNet5, list[EpochRecord]]:
    """Train LeNet-5 as the config says.

    Args:
        config: the hyperparameters.
        train: digits to train on.
        val: digits to score after every epoch.
        device: where to train.
        checkpoint: written after every epoch, and taken up again if it is there.
        score_train: whether to score the training digits, too, after every epoch, for
            a fifth of the time; otherwise the first of them stands for all.
        print_every: print a line every so many epochs; 0 prints nothing.

    Returns:
        The model after the last epoch, and the history.

    Raises:
        ValueError: if the checkpoint is damaged or of another run: of another config,
            or of other digits.
    """
    model = new_model(config.seed, device)
    optimizer = new_optimizer(model, config)
    scored = train if score_train else train[:1]
    loaders = new_loaders(config, train, val, device, scored)
    train_loader, train_eval_loader, val_loader = loaders
    digits = digest(train, scored, val) if checkpoint else ""
    state = (config, digits, model, optimizer, train_loader.shuffle)
    history = resume(checkpoint, *state) if checkpoint else []
    if config.one_cycle:
        num_batches = len(train_loader)
        done = num_batches * len(history)
        follow_one_cycle(optimizer, config, num_batches * config.num_epochs, done)
    return training_loop(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        train_loader,
        val_loader,
        config.num_epochs,
        device,
        train_eval_loader=train_eval_loader,
        print_every=print_every,
        history=history,
        after_epoch=checkpoint and (lambda h: save_checkpoint(checkpoint, *state, h)),
    )

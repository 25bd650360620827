"""A whole run from its config, which may be killed and resumed at any moment."""

import io
import pickle
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from itertools import chain, count
from math import cos, pi
from pathlib import Path

import torch
from torch import nn

from lenet.augment import distort
from lenet.config import Config
from lenet.data import Batches, Digits
from lenet.files import write_atomically
from lenet.model import LeNet5, new_model
from lenet.muon import Muon
from lenet.train import EpochRecord, training_loop

EVAL_BATCH_SIZE = 64  # fastest of 32 ... 2,000 on two cores: its maps stay in cache
WARM_UP = 0.25  # share of a one-cycle run in which the learning rate climbs


def pick_device() -> torch.device:
    """Return the accelerator of this machine (CUDA or MPS), or its CPU."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def new_optimizer(model: nn.Module, config: Config) -> torch.optim.Optimizer:
    """Return Muon or plain Adam; ``fused`` does the same arithmetic in one pass."""
    if config.muon:
        return Muon(model.parameters(), lr=config.learning_rate)
    return torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)


def new_loaders(config: Config, train: Digits, val: Digits, device="cpu"):
    """Return shuffled training batches, and both splits in order for scoring."""
    shuffle = torch.Generator().manual_seed(config.seed)
    change = partial(distort, strength=config.distortion, shift=config.shift)
    train_loader = Batches(
        train, config.batch_size, shuffle=shuffle, distort=change, device=device
    )
    in_order = (Batches(each, EVAL_BATCH_SIZE, device=device) for each in (train, val))
    return train_loader, *in_order


def one_cycle(progress: float) -> float:
    """Return the learning rate as a share of its peak: a line up, half a cosine down.

    Source: Smith 2018, "A disciplined approach to neural network hyper-parameters".
    """
    if progress < WARM_UP:
        return 0.04 + 0.96 * progress / WARM_UP
    return 0.5 + 0.5 * cos(pi * (progress - WARM_UP) / (1 - WARM_UP))


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
        val: digits to score after every epoch.
        checkpoint: file written after every epoch, and taken up again if it is there;
            a run at a constant rate may then go on for more epochs.
        score_train: whether to score the training digits, too, after every epoch, for
            a fifth of the time; otherwise the first of them stands for all.
        print_every: print a line every so many epochs; 0 prints nothing.

    Returns:
        The model after the last epoch, and the history.

    Raises:
        ValueError: if the checkpoint is damaged, or of another config or other digits.
        KeyboardInterrupt: on Ctrl-C; a checkpoint holds the epochs that were finished.
    """
    model = new_model(config.seed, device)
    optimizer = new_optimizer(model, config)
    train_loader, score_loader, val_loader = new_loaders(config, train, val, device)
    if not score_train:
        score_loader = Batches(train[:1], 1, device=device)
    history, save = [], None
    if checkpoint:
        loaders = train_loader, score_loader, val_loader
        kept = _Checkpoint(Path(checkpoint), config, model, optimizer, loaders)
        history, save = kept.resume(), kept.save
    if config.one_cycle:
        _follow_one_cycle(optimizer, config, len(train_loader), len(history))
    model, history = training_loop(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        train_loader,
        val_loader,
        config.num_epochs,
        device,
        train_eval_loader=score_loader,
        print_every=print_every,
        history=history,
        after_epoch=save,
    )
    if len(history) < config.num_epochs:  # ended by Ctrl-C: no study may store this
        raise KeyboardInterrupt
    return model, history


def _follow_one_cycle(optimizer, config: Config, num_batches: int, epoch: int) -> None:
    """Set the learning rate before every update, from the given epoch on."""
    steps = count(epoch * num_batches)

    def set_rate(*_) -> None:
        progress = next(steps) / (config.num_epochs * num_batches)
        optimizer.param_groups[0]["lr"] = config.learning_rate * one_cycle(progress)

    optimizer.register_step_pre_hook(set_rate)


class _Checkpoint:
    """A file with all that the next epoch depends on, after its own SHA-256."""

    def __init__(self, path: Path, config: Config, model, optimizer, loaders):
        self.path, self.num_epochs = path, config.num_epochs
        self.model, self.optimizer, self.shuffle = model, optimizer, loaders[0].shuffle
        digits = [(each.digits.images, each.digits.labels) for each in loaders]
        content = b"".join(part.cpu().numpy().tobytes() for part in chain(*digits))
        self.run = asdict(config) | {"digits": sha256(content).hexdigest()}
        if not config.one_cycle:  # with a constant rate a run may go on for longer
            del self.run["num_epochs"]

    def save(self, history: list[EpochRecord]) -> None:
        state = {
            "run": self.run,
            "history": [asdict(record) for record in history],
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "shuffle": self.shuffle.get_state(),
        }
        torch.save(state, buffer := io.BytesIO())
        content = buffer.getvalue()
        write_atomically(self.path, sha256(content).digest() + content)

    def resume(self) -> list[EpochRecord]:
        """Put the run back to where the file was written; return its history."""
        if not self.path.exists():
            return []
        state = self._read()
        history = [EpochRecord.fromdict(values) for values in state["history"]]
        if state["run"] != self.run or len(history) > self.num_epochs:
            found = f"{self.path} holds {len(history)} epochs of {state['run']}"
            wanted = f"{self.run} and at most {self.num_epochs} epochs"
            remedy = "give that config and those digits, or delete the file to restart"
            raise ValueError(f"{found}, not of {wanted}: {remedy}")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.shuffle.set_state(state["shuffle"])
        return history

    def _read(self) -> dict:
        content = self.path.read_bytes()
        digest, content = content[:32], content[32:]
        if sha256(content).digest() == digest:
            # PyTorch's own message would advise to run what the file holds.
            with suppress(pickle.UnpicklingError):
                return torch.load(io.BytesIO(content), "cpu", weights_only=True)
        raise ValueError(f"{self.path} is not a whole checkpoint of a run: delete it")

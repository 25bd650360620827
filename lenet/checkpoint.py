"""Checkpoints of a run, and the files in which finished weights are published.

A checkpoint holds all that the next epoch depends on, so that a run killed at any
moment and resumed gives the bits of the run that was not.
"""

import hashlib
import io
import json
import pickle
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from lenet.config import Config
from lenet.files import write_whole
from lenet.model import LeNet5
from lenet.train import EpochRecord

DIGEST_BYTES = 32
PUBLISHED = Path(__file__).parent.parent / "reports" / "lenet5-mnist.safetensors"


def save_checkpoint(
    path: Path | str,
    config: Config,
    digits: str,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    shuffle: torch.Generator,
    history: Iterable[EpochRecord],
) -> None:
    """Write the state of a run; the file is replaced whole or left as it was.

    ``digits`` is the SHA-256 of the digits it trains on and is scored on.
    """
    state = {
        "config": config.asdict(),
        "digits": digits,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "shuffle": shuffle.get_state(),
        "global_generator": torch.get_rng_state(),
        "history": [record.asdict() for record in history],
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    write_whole(path, hashlib.sha256(content).digest() + content)


def resume(
    path: Path | str,
    config: Config,
    digits: str,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    shuffle: torch.Generator,
) -> list[EpochRecord]:
    """Put a run back to where its checkpoint was written.

    Returns:
        The history so far; empty, and nothing changed, if there is no checkpoint yet.

    Raises:
        ValueError: if the file is damaged, of another config, of other digits or of a
            longer run.
    """
    if not Path(path).exists():
        return []
    state = _read(Path(path))
    if _resumable(state["config"]) != _resumable(config.asdict()):
        raise ValueError(
            f"{path} belongs to a run with {state['config']}, not {config.asdict()}: "
            "resume with that config, or delete the checkpoint to start again"
        )
    if state["digits"] != digits:
        raise ValueError(
            f"{path} belongs to a run on other digits than those given: resume with "
            "those, or delete the checkpoint to start again"
        )
    if len(state["history"]) > config.num_epochs:
        raise ValueError(
            f"{path} holds {len(state['history'])} epochs, more than the "
            f"{config.num_epochs} asked for: give more, or delete it to start again"
        )
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    shuffle.set_state(state["shuffle"])
    torch.set_rng_state(state["global_generator"])
    return [EpochRecord.fromdict(values) for values in state["history"]]


def _resumable(config: dict) -> dict:
    """Return what may not change on the way; with a constant rate a run may go on."""
    free = () if config["one_cycle"] else ("num_epochs",)
    return {name: value for name, value in config.items() if name not in free}


def _read(path: Path) -> dict:
    """Load a checkpoint, which begins with the SHA-256 of the rest."""
    everything = path.read_bytes()
    digest, content = everything[:DIGEST_BYTES], everything[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError(f"{path} is not a whole checkpoint (wrong SHA-256): delete it")
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path} is not a whole checkpoint (not plain tensors): delete it"
        ) from error


def save_weights(path: Path | str, model: nn.Module, about: dict) -> bytes:
    """Publish a model's weights as safetensors, with a JSON note inside.

    Returns:
        The file's bytes.
    """
    tensors = {
        name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()
    }
    content = save(tensors, metadata={"about": json.dumps(about, sort_keys=True)})
    write_whole(path, content)
    return content


def load_weights(path: Path | str = PUBLISHED) -> LeNet5:
    """Return LeNet-5 with published weights, by default this project's own.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged or holds another network.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"no weights at {path}: `make report` trains them")
    model = LeNet5()
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model.load_state_dict(tensors)
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(f"{path} does not hold LeNet-5's weights: {error}") from error
    return model.to(memory_format=torch.channels_last).eval()

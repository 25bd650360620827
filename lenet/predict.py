"""Read digits with a network, and publish or load its weights."""

import json
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from lenet.data import Digits, to_input
from lenet.files import read_json, write_atomically
from lenet.metrics import Proportion
from lenet.model import LeNet5, evaluation_mode

BEST = Path(__file__).parent / "weights" / "lenet5.safetensors"  # see its record


@dataclass(frozen=True)
class Prediction:
    """What the network reads."""

    probs: Tensor  # (N, 10) float32 probabilities, the softmax of the logits
    labels: Tensor  # (N,) int64 most probable classes

    @property
    def confidence(self) -> Tensor:
        """``(N,)`` probability of the predicted class."""
        return self.probs.amax(1)


def predict(model: nn.Module, images: Tensor, batch_size: int = 1_000) -> Prediction:
    """Read images.

    Args:
        model: gives logits; used in evaluation mode and left in the mode it was in.
        images: ``(N, 1, 32, 32)`` float32 in [0, 1], or ``(N, 32, 32)`` uint8.
        batch_size: images per pass.

    Raises:
        ValueError: if the images have another shape or there are none.
    """
    probs = predict_logits(model, images, batch_size).softmax(1)
    return Prediction(probs, probs.argmax(1))


@torch.no_grad()
def predict_logits(model: nn.Module, images: Tensor, batch_size: int = 1_000) -> Tensor:
    """Return the ``(N, 10)`` logits of images, on the CPU; see :func:`predict`."""
    if len(images) == 0:
        raise ValueError("no images to read: give at least one")
    device, logits = next(model.parameters()).device, []
    with evaluation_mode(model):
        for batch in images.split(batch_size):
            batch = to_input(batch) if batch.dtype == torch.uint8 else batch
            logits.append(model(batch.to(device)).cpu())
    return torch.cat(logits)


def accuracy(prediction: Prediction, digits: Digits) -> Proportion:
    """Count the digits that were read right."""
    return Proportion(int((prediction.labels == digits.labels).sum()), len(digits))


def errors(model: nn.Module, digits: Digits) -> Proportion:
    """Count the digits that a model reads wrong."""
    return accuracy(predict(model, digits.images), digits).complement


def save_weights(path: Path | str, model: nn.Module, about: dict) -> bytes:
    """Publish a model's weights as safetensors, with a JSON note; return the bytes."""
    tensors = {name: t.cpu().contiguous() for name, t in model.state_dict().items()}
    content = save(tensors, metadata={"about": json.dumps(about, sort_keys=True)})
    write_atomically(path, content)
    return content


def load_weights(path: Path | str = BEST) -> LeNet5:
    """Return LeNet-5 with trained weights, by default the best that are published here.

    Args:
        path: safetensors, or a state dict in a ``.pth`` or ``.pt`` file, whose keys may
            start with ``module.``. If a record stands beside it (the same name with
            ``.json``), the file must have the SHA-256 that is written there.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged or holds another network.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no weights at {path}: give a file that is there")
    content = path.read_bytes()
    _check_record(path, content)
    try:
        weights = _state_dict(content, path.suffix)
        model = LeNet5()
        model.load_state_dict(weights)
    except Exception as error:  # each reader of weights raises its own kinds
        raise ValueError(f"{path} does not hold LeNet-5's weights: {error}") from error
    return model.to(memory_format=torch.channels_last).eval()


def _check_record(path: Path, content: bytes) -> None:
    """Compare a file with its record; safetensors have no checksum of their own."""
    record = path.with_suffix(".json")
    about = read_json(record, "train") if record.exists() else {}
    if about.get("weights_sha256") not in (None, sha256(content).hexdigest()):
        remedy = "get both files anew, or move the record away"
        raise ValueError(f"{path} is damaged or not the file of {record}: {remedy}")


def _state_dict(content: bytes, suffix: str) -> dict[str, Tensor]:
    if suffix not in (".pth", ".pt"):
        weights = load(content)
    else:
        weights = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
    if not isinstance(weights, dict):
        raise TypeError(f"wanted a state dict, got {type(weights).__name__}")
    return {str(name).removeprefix("module."): t for name, t in weights.items()}

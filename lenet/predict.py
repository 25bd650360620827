"""Read digits with a network, and publish or load its weights."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from lenet.data import Digits, to_input
from lenet.files import write_atomically
from lenet.metrics import Proportion
from lenet.model import LeNet5, evaluation_mode

PUBLISHED = Path(__file__).parent.parent / "reports" / "lenet5-mnist.safetensors"


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
        model.load_state_dict(load(Path(path).read_bytes()))
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(f"{path} does not hold LeNet-5's weights: {error}") from error
    return model.to(memory_format=torch.channels_last).eval()

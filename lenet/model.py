"""LeNet-5 as it is usually built today, beside the numbers of the 1998 paper."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lenet.data import IMAGE_SIZE, NUM_CLASSES


class _Tanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a: Tensor) -> Tensor:
        ctx.mark_dirty(a)
        a.mul_(2).sigmoid_().mul_(2).sub_(1)
        ctx.save_for_backward(a)
        return a

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        (output,) = ctx.saved_tensors
        return torch.ops.aten.tanh_backward(grad, output)


class InplaceTanh(nn.Module):
    """The hyperbolic tangent, as 2 sigmoid(2a) - 1, written over its input.

    On a CPU four times as fast as ``torch.tanh``, from which it differs by rounding.
    """

    def forward(self, a: Tensor) -> Tensor:
        """Return tanh of a tensor, element by element."""
        return _Tanh.apply(a)


class WholeMapConv2d(nn.Conv2d):
    """A convolution with a kernel as large as its maps: one matrix product, so faster.

    Source: LeCun et al. 1998, sec. II-B, which calls C5 a convolution all the same,
    since on a larger input its maps would be larger than 1x1.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Return ``(N, out_channels, 1, 1)``."""
        # in the order in which channels-last maps lie in memory: nothing is copied
        rows = (each.movedim(1, -1).flatten(1) for each in (maps, self.weight))
        return F.linear(*rows, self.bias)[..., None, None]


class LeNet5(nn.Module):
    """A convolutional feature extractor and a fully connected classifier.

    Layers carry the paper's names. 61,706 parameters; the network of the paper has
    60,000.

    Source: LeCun et al. 1998, sec. II-B and Fig. 2.
    """

    # Differs from the paper:
    # - every C3 map sees all six S2 maps, not its own few as in Table I;
    # - S2 and S4 average, with no coefficient, bias or squashing of their own;
    # - the squashing is tanh(a), not 1.7159 tanh(2a/3);
    # - the output is a linear layer of logits, not ten RBF units with fixed codes.

    def __init__(self):
        super().__init__()
        self.feature_extractor = nn.Sequential(  # (N, 1, 32, 32)
            OrderedDict(
                c1=nn.Conv2d(1, 6, kernel_size=5),  # (N, 6, 28, 28)
                c1_tanh=InplaceTanh(),
                s2=nn.AvgPool2d(2),  # (N, 6, 14, 14)
                c3=nn.Conv2d(6, 16, kernel_size=5),  # (N, 16, 10, 10)
                c3_tanh=InplaceTanh(),
                s4=nn.AvgPool2d(2),  # (N, 16, 5, 5)
                c5=WholeMapConv2d(16, 120, kernel_size=5),  # (N, 120, 1, 1)
                c5_tanh=nn.Tanh(),
            )
        )
        self.classifier = nn.Sequential(  # (N, 120)
            OrderedDict(
                f6=nn.Linear(120, 84),
                f6_tanh=nn.Tanh(),
                output=nn.Linear(84, NUM_CLASSES),  # (N, 10)
            )
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Args:
            images: ``(N, 1, 32, 32)`` float32, background 0, ink 1.

        Returns:
            ``(N, 10)`` float32 logits; their softmax gives probabilities.

        Raises:
            ValueError: if the images have another shape.
        """
        if images.ndim != 4 or images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(
                f"expected images of shape (N, 1, {IMAGE_SIZE}, {IMAGE_SIZE}), got "
                f"{tuple(images.shape)}: pad 28x28 digits with lenet.data.pad"
            )
        return self.classifier(self.feature_extractor(images).flatten(1))


def new_model(seed: int, device: torch.device | str = "cpu") -> LeNet5:
    """Build LeNet-5 with initial weights that depend on the seed alone.

    The global generator is left as it was. Weights are stored channels last, in which
    a CPU trains about a quarter faster.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = LeNet5()
    return model.to(device, memory_format=torch.channels_last)


def pick_device() -> torch.device:
    """Return the accelerator of this machine (CUDA or MPS), or its CPU."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


@dataclass(frozen=True)
class LayerFacts:
    """What one layer puts out, and its number of trainable parameters."""

    name: str
    output_shape: tuple[int, ...]
    num_parameters: int
    paper_parameters: int


PAPER_PARAMETERS = {  # trainable parameters of each layer in 1998 (sec. II-B)
    "c1": 156,
    "s2": 12,
    "c3": 1_516,
    "s4": 32,
    "c5": 48_120,
    "f6": 10_164,
    "output": 0,
}


def count_parameters(module: nn.Module) -> int:
    """Count the trainable parameters of a module."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


@torch.no_grad()
def layer_facts(model: LeNet5) -> list[LayerFacts]:
    """Send one blank image through and note each named layer's shape and parameters."""
    values = torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE, device=device_of(model))
    facts = []
    for name, layer in _layers(model):
        values = layer(values.flatten(1) if name == "f6" else values)
        if name in PAPER_PARAMETERS:
            paper = PAPER_PARAMETERS[name]
            shape = tuple(values.shape[1:])
            facts.append(LayerFacts(name, shape, count_parameters(layer), paper))
    return facts


def _layers(model: LeNet5):
    yield from model.feature_extractor.named_children()
    yield from model.classifier.named_children()


def device_of(model: nn.Module) -> torch.device:
    """Return the device that a model's parameters are on."""
    return next(model.parameters()).device


@contextmanager
def in_evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode and, whatever happens, back into its own."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)

"""LeNet-5 as it is usually built today: 61,706 parameters (60,000 in the paper)."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

IMAGE_SIZE = 32  # "larger than the largest character": LeCun et al. 1998, sec. II-B
NUM_CLASSES = 10


class LeNet5(nn.Module):
    """A convolutional feature extractor and a fully connected classifier.

    Source: LeCun et al. 1998, sec. II-B and Fig. 2, whose names the layers carry.
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
                c1_tanh=nn.Tanh(),
                s2=nn.AvgPool2d(2),  # (N, 6, 14, 14)
                c3=nn.Conv2d(6, 16, kernel_size=5),  # (N, 16, 10, 10)
                c3_tanh=nn.Tanh(),
                s4=nn.AvgPool2d(2),  # (N, 16, 5, 5)
                c5=nn.Conv2d(16, 120, kernel_size=5),  # (N, 120, 1, 1)
                c5_tanh=nn.Tanh(),
            )
        )
        self.classifier = nn.Sequential(  # (N, 120)
            OrderedDict(
                f6=nn.Linear(120, 84),  # (N, 84)
                f6_tanh=nn.Tanh(),
                output=nn.Linear(84, NUM_CLASSES),  # (N, 10)
            )
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the ``(N, 10)`` logits, whose softmax gives probabilities.

        Args:
            images: ``(N, 1, 32, 32)`` float32, background 0, ink 1.

        Raises:
            ValueError: if the images have another shape.
        """
        if images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(
                f"expected images of shape (N, 1, {IMAGE_SIZE}, {IMAGE_SIZE}), got "
                f"{tuple(images.shape)}: pad 28x28 digits with lenet.data.pad"
            )
        return self.classifier(self.feature_extractor(images).flatten(1))


def new_model(seed: int, device: torch.device | str = "cpu") -> LeNet5:
    """Build LeNet-5 with initial weights that depend on the seed alone.

    The global generator is left as it was. Weights lie channels last in memory, in
    which a CPU trains faster.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return LeNet5().to(device, memory_format=torch.channels_last)


@torch.no_grad()
def layer_outputs(model: LeNet5, images: Tensor) -> dict[str, Tensor]:
    """Return the outputs of c1, s2, c3, s4, c5, f6 and output, after their tanh."""
    outputs, values = {}, images
    for part in (model.feature_extractor, model.classifier):
        for name, layer in part.named_children():
            values = layer(values)
            outputs[name.removesuffix("_tanh")] = values
        values = values.flatten(1)
    return outputs


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode and, whatever happens, back into its own."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)

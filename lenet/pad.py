"""A pad to draw on, for notebooks and pages: the network reads in the browser."""

from base64 import b64encode
from pathlib import Path

import torch

from lenet.model import LeNet5

SCRIPT = Path(__file__).with_suffix(".js")
SENTENCE = "A pad to draw on appears here: run this cell, or switch JavaScript on."


def drawing_pad(model: LeNet5) -> str:
    """Write the HTML of a pad to draw on, where each layer's output follows the pen.

    All of it is one piece of HTML that requests nothing: an element with a plain
    sentence, and a script that puts the pad in its place. The script holds the weights,
    rounded to float16, in 165 kB; ``lenet/pad.js`` says how it brings a drawing to the
    form of MNIST. In print it is not shown.

    Args:
        model: trained; copied as it is now.

    Raises:
        TypeError: if the model is not a LeNet5, whose layers the script knows.
    """
    if not isinstance(model, LeNet5):
        message = f"expected a LeNet5, got a {type(model).__name__}: "
        raise TypeError(message + "the pad's script knows that network alone")
    values = torch.cat([tensor.flatten() for tensor in model.state_dict().values()])
    weights = b64encode(values.half().cpu().numpy().tobytes()).decode()
    script = SCRIPT.read_text(encoding="utf-8").replace("WEIGHTS", weights)
    # JupyterLab's shortcuts, such as Enter on a button, are kept from the pad.
    element = (
        f'<div class="lenet-pad" data-lm-suppress-shortcuts="true">{SENTENCE}</div>'
    )
    return f"{element}\n<script>\n{script}</script>"

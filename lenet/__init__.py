"""LeNet-5 on MNIST, after LeCun, Bottou, Bengio and Haffner (1998).

The rooms, each importing only from those before it: ``config``, ``files``, ``vision``,
``mnist``, ``data``, ``history``, ``batches``, ``augment``, ``metrics``, ``model``,
``train``, ``checkpoint``, ``run``, ``record``, ``predict``, ``picture``, ``distort``,
``calibration``, ``claims``, ``plots``, ``tables``; then ``original``, the network of
1998, ``studies``, and ``evidence``, which shows them; ``bench`` and ``readme``; and
``report``, which knows notebooks and nothing of digits.
"""

from lenet.batches import Batches
from lenet.checkpoint import load_weights
from lenet.config import Config
from lenet.data import Digits, load_dataset
from lenet.metrics import Proportion, Scores
from lenet.model import LeNet5
from lenet.picture import read_image
from lenet.predict import predict
from lenet.run import fit
from lenet.train import evaluate, training_loop

__all__ = [
    "Batches",
    "Config",
    "Digits",
    "LeNet5",
    "Proportion",
    "Scores",
    "evaluate",
    "fit",
    "load_dataset",
    "load_weights",
    "predict",
    "read_image",
    "training_loop",
]

"""LeNet-5 on MNIST, after LeCun, Bottou, Bengio and Haffner (1998).

To be read in this order, each importing only from those before it: ``config``,
``files``, ``vision``, ``model``, ``mnist``, ``data``, ``metrics``, ``batches``,
``train``, ``augment``, ``muon``, ``fit``, ``predict``, ``photo``, ``annotations``,
``corruptions``, ``record``, ``colophon``, ``claims``, ``style``, ``figures``,
``drawing``, ``pad``; then ``studies``, what takes many runs; ``original``, the network
of 1998; ``bench``; ``report``, which knows notebooks and nothing of digits; and
``readme``.
"""

from lenet.config import Config
from lenet.data import Batches, Digits, load_dataset
from lenet.fit import fit
from lenet.metrics import Proportion, Scores
from lenet.model import LeNet5
from lenet.photo import read_image, read_images
from lenet.predict import load_weights, predict
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
    "read_images",
    "training_loop",
]

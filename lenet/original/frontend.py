"""C1 to S4 of a network that was trained in 1998, estimated from a figure.

Fig. 13 of the paper shows every map of a trained LeNet-5 for nine characters, embedded
as pixels. The 1,716 weights of its first four layers are those that turn each layer's
maps into the next layer's.
"""

from __future__ import annotations

import numpy as np

from lenet.history import FACTS
from lenet.original.kernels import NAMES
from lenet.original.network import C3_TABLE

FRONT = tuple(name for name in NAMES if name.startswith(("c1", "s2", "c3", "s4")))


def frontend_1998() -> dict[str, np.ndarray]:
    """Return the weights of C1 to S4 under the parameter names of `LeNet5_1998`.

    Source: LeCun et al. 1998, Fig. 13.
    """
    with np.load(FACTS / "lenet5_1998_frontend_estimate.npz") as file:
        c3 = [file[f"C3_{m}"] for m in range(len(C3_TABLE))]
        weights = {
            "c1.weight": file["C1"][:, :-1].reshape(6, 1, 5, 5),
            "c1.bias": file["C1"][:, -1],
            "c3.weight": np.concatenate([row[:-1] for row in c3]).reshape(60, 5, 5),
            "c3.bias": np.array([row[-1] for row in c3]),
        }
        for layer in ("s2", "s4"):
            weights[f"{layer}.coefficient"] = file[layer.upper()][:, 0]
            weights[f"{layer}.bias"] = file[layer.upper()][:, 1]
    return {name: weights[name].astype(np.float32) for name in FRONT}

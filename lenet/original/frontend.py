"""C1 to S4 of a network that was trained in 1998, estimated from a figure.

Fig. 13 of the paper shows every map of a trained LeNet-5 for nine characters, embedded
as pixels. The 1,716 weights of its first four layers are those that turn each layer's
maps into the next layer's.
"""

from __future__ import annotations

import numpy as np

from lenet.annotations import FACTS
from lenet.original.kernels import NAMES

FRONT = NAMES[:8]  # the parameters of C1, S2, C3 and S4


def frontend_1998() -> dict[str, np.ndarray]:
    """Return the weights of C1 to S4 under the parameter names of `LeNet5_1998`."""
    with np.load(FACTS / "lenet5_1998_frontend_estimate.npz") as file:
        c1, s2, s4 = file["C1"], file["S2"], file["S4"]
        c3 = [file[f"C3_{m}"] for m in range(16)]
    weights = {
        "c1.weight": c1[:, :-1].reshape(6, 1, 5, 5), "c1.bias": c1[:, -1],
        "s2.coefficient": s2[:, 0], "s2.bias": s2[:, 1],
        "c3.weight": np.concatenate([row[:-1] for row in c3]).reshape(60, 5, 5),
        "c3.bias": np.array([row[-1] for row in c3]),
        "s4.coefficient": s4[:, 0], "s4.bias": s4[:, 1],
    }  # fmt: skip
    return {name: values.astype(np.float32) for name, values in weights.items()}

"""A front end of 1998 under a back end of today: C1 to S4 fixed, C5 and F6 trained.

Fig. 13 of the paper shows every map of a trained LeNet-5 for nine characters, embedded
as pixels. The 1,716 weights of its first four layers are those that turn each layer's
maps into the next layer's.
"""

import numpy as np

from lenet.annotations import FACTS
from lenet.data import load_dataset
from lenet.original.network import Weights
from lenet.original.recipe import ETAS, Recipe1998, initial_weights
from lenet.original.replication import errors_after, spread, train_and_count
from lenet.studies.statistics import Runs
from lenet.style import Rows

QUESTION = "Do the weights of 1998, recovered from a figure, still read digits?"
NUM_PASSES = 12
MEMBERS = [
    {"seed": seed, "front_end": kind}
    for seed in range(5)
    for kind in ("1998", "random")
]


def frontend_1998() -> Weights:
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


def run(seed: int, front_end: str) -> dict:
    """Train C5 and F6 by the paper's recipe; count the test errors after each pass."""
    dataset, recipe = load_dataset("mnist"), Recipe1998(etas=ETAS[:NUM_PASSES])
    fixed = frontend_1998()
    if front_end == "random":
        drawn = initial_weights(seed, recipe)
        fixed = {name: drawn[name] for name in fixed}
    train = dataset.train
    counts = train_and_count(train, dataset.read_test(), recipe, seed, fixed)
    return counts | {"num_train": len(train)}


def table(groups: dict[str, Runs], num_passes: int) -> Rows:
    """List the test errors of groups of runs after so many passes."""
    rows = [["C1 to S4", "Trained parameters", "Seeds", "Test error", "95 % interval"]]
    rows[0].append("SD")
    for name, runs in groups.items():
        error, num = errors_after(runs, num_passes), runs[0]["num_parameters"]
        rows.append([name, num, *spread(error), f"{error.sd:.3f}"])
    return rows

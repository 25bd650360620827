"""A front end of 1998 under a back end of today: C1 to S4 fixed, C5 and F6 trained."""

from lenet.data import load_dataset
from lenet.figures import Rows
from lenet.original.engine import Recipe1998
from lenet.original.frontend import FRONT, frontend_1998
from lenet.original.network import initial_weights
from lenet.original.replication import arrays, errors_after, spread, train_and_count
from lenet.original.sdlm import ETAS
from lenet.studies.statistics import Runs

QUESTION = "Do the weights of 1998, recovered from a figure, still read digits?"
NUM_SEEDS = 5
NUM_PASSES = 12


def members() -> list[dict]:
    """One run for each seed and front end."""
    seeds, kinds = range(NUM_SEEDS), ("1998", "random")
    return [{"seed": seed, "front_end": kind} for seed in seeds for kind in kinds]


def run(seed: int, front_end: str) -> dict:
    """Train C5 and F6 by the paper's recipe; count the test errors after each pass."""
    dataset, recipe = load_dataset("mnist"), Recipe1998(etas=ETAS[:NUM_PASSES])
    drawn = initial_weights(seed, recipe.scale, recipe.power, recipe.coefficient)
    fixed = frontend_1998() if front_end == "1998" else {n: drawn[n] for n in FRONT}
    train, test = dataset.train, dataset.read_test()
    counts = train_and_count(arrays(train), train, test, recipe, seed, fixed)
    return counts | {"num_train": len(train)}


def table(groups: dict[str, Runs], num_passes: int) -> Rows:
    """List the test errors of groups of runs after so many passes."""
    rows = []
    for name, runs in groups.items():
        error, num = errors_after(runs, num_passes), runs[0]["num_parameters"]
        rows.append([name, num, *spread(error), f"{error.sd:.3f}"])
    header = ["C1 to S4", "Trained parameters", "Seeds", "Test error", "95 % interval"]
    return [[*header, "SD"], *rows]

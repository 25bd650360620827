"""A front end of 1998 under a back end of today: C1 to S4 fixed, C5 and F6 trained."""

from dataclasses import replace

from lenet.data import Dataset, load_dataset
from lenet.original.engine import Recipe1998
from lenet.original.frontend import FRONT, frontend_1998
from lenet.original.network import initial_weights
from lenet.original.sdlm import ETAS
from lenet.studies.original import train_and_count

QUESTION = "Do the weights of 1998, recovered from a figure, still read digits?"
NUM_SEEDS = 5
NUM_PASSES = 12
FRONT_ENDS = ("1998", "random")


def members() -> list[dict]:
    """One run for each seed and front end."""
    return [
        {"seed": seed, "front_end": front_end}
        for seed in range(NUM_SEEDS)
        for front_end in FRONT_ENDS
    ]


def run(seed: int, front_end: str, dataset: Dataset | None = None) -> dict:
    """Train C5 and F6 by the paper's recipe; note the test errors after each pass."""
    dataset = dataset or load_dataset("mnist")
    train, test = dataset.train.arrays(), dataset.read_test().arrays()
    recipe = replace(Recipe1998(), etas=ETAS[:NUM_PASSES])
    fixed = frontend_1998() if front_end == "1998" else _drawn(seed, recipe)
    _, counts = train_and_count(train, train, test, recipe, seed, fixed)
    return counts | {"num_train": len(dataset.train)}


def _drawn(seed: int, recipe: Recipe1998) -> dict:
    drawn = initial_weights(seed, recipe.scale, recipe.power, recipe.coefficient)
    return {name: drawn[name] for name in FRONT}

"""A front end of 1998 under a back end of today: C1 to S4 fixed, C5 and F6 trained."""

from dataclasses import asdict, replace

from lenet.data import Dataset, load_dataset
from lenet.metrics import misread
from lenet.original.engine import Recipe1998, count_wrong, predict, train_1998
from lenet.original.frontend import FRONT, frontend_1998
from lenet.original.network import initial_weights
from lenet.original.sdlm import ETAS

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
    test_errors = []
    weights, passes = train_1998(
        *train,
        recipe,
        seed,
        lambda _, now: test_errors.append(count_wrong(now, *test)),
        fixed,
    )
    images, labels = test
    return {
        "recipe": asdict(recipe),
        "online_errors": [each.num_wrong for each in passes],
        "test_errors": test_errors,
        "num_test": len(labels),
        "train_errors": count_wrong(weights, *train),
        "num_train": len(train[1]),
        "misread": misread(predict(weights, images), labels),
    }


def _drawn(seed: int, recipe: Recipe1998) -> dict:
    drawn = initial_weights(seed, recipe.scale, recipe.power, recipe.coefficient)
    return {name: drawn[name] for name in FRONT}

"""The recipes chosen on held-out writers, trained on all digits and read once."""

from dataclasses import asdict

from lenet.config import RECIPES
from lenet.data import Dataset, load_dataset
from lenet.predict import errors
from lenet.run import fit

QUESTION = "What do the chosen recipes make of the same 61,706 parameters?"
NUM_SEEDS = {"better": 10, "longer": 10, "fast": 10, "quick": 10}


def members() -> list[dict]:
    """One run for each seed and recipe."""
    return [
        {"seed": seed, "recipe": name}
        for name, num_seeds in NUM_SEEDS.items()
        for seed in range(num_seeds)
    ]


def run(seed: int, recipe: str, dataset: Dataset | None = None) -> dict:
    """Train on all training digits; count the errors on them and on the test digits."""
    config = RECIPES[recipe].but(seed=seed)
    dataset = dataset or load_dataset("mnist")
    train, test = dataset.train, dataset.read_test()
    model, _ = fit(config, train, train[:1], score_train=False, print_every=0)
    return {"config": config.asdict()} | {
        name: asdict(errors(model, each))
        for name, each in (("train", train), ("test", test))
    }

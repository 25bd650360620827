"""What the paper leaves open, one choice at a time, judged on held-out writers."""

from dataclasses import asdict, replace

from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.history import split_by_writer
from lenet.original.engine import Recipe1998, count_wrong, train_1998

QUESTION = "Which of the choices that the paper leaves open matter?"
NUM_SEEDS = 3
SHORT = (5e-4, 5e-4, 2e-4, 2e-4, 1e-4, 5e-5, 1e-5)  # seven passes stand for twenty
CHANGES = {
    "as chosen": {},
    "j = 1": {"rubbish": 1.0},
    "j = 10": {"rubbish": 10.0},
    "mean squared error": {"rubbish": None},
    "weights within 2.4/F, as printed": {"power": 1.0},
    "S coefficients 1/2 at first": {"coefficient": 0.5},
    "distances without the factor 1/2": {"distance_factor": 1.0},
    "one step size for each layer": {"curvature": "layer"},
}


def members() -> list[dict]:
    """One run for each seed and change."""
    return [
        {"seed": seed, "change": change}
        for change in CHANGES
        for seed in range(NUM_SEEDS)
    ]


def run(seed: int, change: str, dataset: Dataset | None = None) -> dict:
    """Train for seven passes; count errors on digits of writers held out."""
    dataset = dataset or load_dataset("mnist")
    train, val = split_by_writer(dataset.train, Config().val_size, seed)
    recipe = replace(Recipe1998(), etas=SHORT, **CHANGES[change])
    weights, passes = train_1998(*train.arrays(), recipe, seed)
    return {
        "recipe": asdict(recipe),
        "num_train": len(train),
        "online_errors": [each.num_wrong for each in passes],
        "first_steps": [passes[0].least_step, passes[0].largest_step],
        "val_errors": count_wrong(weights, *val.arrays()),
        "num_val": len(val),
    }

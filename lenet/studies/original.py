"""The network of 1998, trained by the paper's recipe."""

from dataclasses import asdict, replace

from lenet.data import Dataset, load_dataset
from lenet.metrics import misread
from lenet.original.distortions import Ranges, with_distortions
from lenet.original.engine import Recipe1998, count_wrong, predict, train_1998

QUESTION = "Does the network of the paper, trained as the paper says, reach its error?"
NUM_SEEDS = 10
FEWER = (15_000, 30_000)  # training digits, as in the paper's Fig. 6
COPIES = 9  # distorted copies of each digit: 540,000 beside the 60,000
RANGES = Ranges().times(shift=0.25, shape=0.5)  # chosen in `original_ranges`


def members() -> list[dict]:
    """Ten runs as in Fig. 5; five for each smaller set and on distorted digits."""
    kinds = [
        (NUM_SEEDS, 60_000, 0),
        *((NUM_SEEDS // 2, size, 0) for size in FEWER),
        (NUM_SEEDS // 2, 60_000, COPIES),
    ]
    return [
        {"seed": seed, "num_train": size, "copies": copies}
        for num_seeds, size, copies in kinds
        for seed in range(num_seeds)
    ]


def run(
    seed: int, num_train: int, copies: int = 0, dataset: Dataset | None = None
) -> dict:
    """Train on the first digits; note the test errors after each pass, as Fig. 5 does.

    Nothing depends on the test errors. With distorted copies the set grows and a pass
    does not: twenty passes of 60,000 meet each of the 600,000 about twice.
    """
    dataset = dataset or load_dataset("mnist")
    train, test = dataset.train[:num_train].arrays(), dataset.read_test().arrays()
    recipe = replace(Recipe1998(), digits_per_pass=num_train)
    digits = with_distortions(*train, copies, RANGES, seed) if copies else train
    passes, counts = train_and_count(digits, train, test, recipe, seed)
    steps = [[each.least_step, each.largest_step] for each in passes]
    ranges = {"ranges": asdict(RANGES)} if copies else {}
    return ranges | counts | {"step_sizes": steps}


def train_and_count(digits, train, test, recipe, seed, fixed=None):
    """Train on digits; count the errors on ``test`` after each pass.

    Returns:
        What :func:`train_1998` says of each pass; and the recipe and the counts, those
        on ``train`` after the last pass included.
    """
    test_errors = []
    weights, passes = train_1998(
        *digits,
        recipe,
        seed,
        lambda _, now: test_errors.append(count_wrong(now, *test)),
        fixed,
    )
    images, labels = test
    return passes, {
        "recipe": asdict(recipe),
        "online_errors": [each.num_wrong for each in passes],
        "test_errors": test_errors,
        "num_test": len(labels),
        "train_errors": count_wrong(weights, *train),
        "misread": misread(predict(weights, images), labels),
    }

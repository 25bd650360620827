"""Time an epoch of the public notebook's way beside ours, and a whole recipe.

Both ways train the same network on the same 60,000 digits, 32 an update, and score
training and test digits. Only the ratios carry over to other machines. Run it by
`make bench`, on an idle one.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from lenet import mnist
from lenet.claims import EARLIER_EPOCHS
from lenet.config import RECIPES, Config
from lenet.data import load_dataset
from lenet.files import read_json, write_atomically
from lenet.fit import fit
from lenet.model import LeNet5
from lenet.predict import predict
from lenet.record import environment, machine
from lenet.style import Rows
from lenet.train import evaluate, training_loop
from lenet.vision import torchvision

BENCH = Path(__file__).parents[1] / "reports" / "bench.json"
RECIPE = "2 epochs with Muon"
ROUNDS = 5  # timed runs of each way, in turns; one more of each warms up


def main() -> None:
    """Measure, store and print."""
    dataset = load_dataset("mnist")
    splits = dataset.train, dataset.read_test()
    ways = {  # an epoch of each, and a whole recipe
        "earlier report": earlier_epoch(),
        "ours": partial(fit, Config(num_epochs=1), *splits, print_every=0),
        RECIPE: whole_recipe,
    }
    about = {"config": asdict(RECIPES[RECIPE]), "command": "make bench"}
    result = {"seconds": time_in_turns(ways)} | arithmetic() | about | environment()
    write_atomically(BENCH, (json.dumps(result, indent=1) + "\n").encode())
    for row in table(result):
        print(*row, sep="   ")
    print(sentence(result))


def load_bench() -> dict:
    """Read what was measured; errors as of `read_json`."""
    return read_json(BENCH, "make bench")


def table(result: dict) -> Rows:
    """List each time, and how many times as long the notebook's way takes."""
    earlier, ours, recipe = (median(each) for each in result["seconds"].values())
    *_, name = result["seconds"]
    alone = (result["train_flop"] + result["score_flop"]) / result["flop_per_second"]
    whole, way = EARLIER_EPOCHS * earlier, "the public notebook's way"
    one, run = "an epoch with its scores", f"{EARLIER_EPOCHS} such epochs"
    lines = [
        (one, way, earlier, earlier),
        (one, "our loop", ours, earlier),
        (one, "arithmetic alone", alone, earlier),
        (run, way, whole, whole),
        (run, "our loop", EARLIER_EPOCHS * ours, whole),
        ("a whole recipe", name, recipe, whole),
    ]
    rows = [[what, how, f"{s:.1f}", f"{slow / s:.1f}"] for what, how, s, slow in lines]
    return [["What", "How", "Seconds", "Times faster"], *rows]


def sentence(result: dict) -> str:
    """Say what the numbers of the table mean, and on which machine they were taken."""
    rounds = len(result["seconds"]["ours"])
    earlier, ours, recipe = result["seconds"].values()
    parts = "train_flop", "score_flop", "flop_per_second"
    train, score, speed = (result[part] / 1e9 for part in parts)
    return (
        f"Medians of {rounds} rounds, in turns, on {machine(result)}, "
        f"{result['date']}. The public notebook's way, which the earlier report "
        "appears to follow, is a `DataLoader` that opens, resizes and converts every "
        f"image anew. An epoch is {train:.0f} GFLOP of training and {score:.0f} of "
        f"scoring; arithmetic alone is what they take at the {speed:.0f} GFLOP/s of "
        "large matrix products on the same machine. 15 epochs are 15 times the epoch "
        "measured, with its scores. A whole recipe counts everything, from the files "
        "to the test digits, read once. In single rounds our loop is "
        f"{_span(earlier, ours)} times as fast, and the recipe "
        f"{_span(earlier, recipe, EARLIER_EPOCHS)} times. On other machines, or under "
        "other load, these ratios differ."
    )


def _span(slow: list[float], fast: list[float], times: int = 1) -> str:
    ratios = [times * one / other for one, other in zip(slow, fast, strict=True)]
    return f"{min(ratios):.1f} to {max(ratios):.1f}"


def time_in_turns(ways: dict[str, Callable]) -> dict[str, list[float]]:
    """Time each way once a round, after one round that is not counted."""
    seconds = {name: [] for name in ways}
    for _ in range(1 + ROUNDS):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: times[1:] for name, times in seconds.items()}


def whole_recipe() -> None:
    """Load the files, train by the recipe and read the test digits."""
    dataset = load_dataset("mnist")
    train, config = dataset.train, RECIPES[RECIPE]
    model, _ = fit(config, train, train[:1], score_train=False, print_every=0)
    predict(model, dataset.read_test().images)


def earlier_epoch() -> Callable:
    """Return a function for an epoch by torchvision's loader, image by image."""
    steps, config = torchvision.transforms, Config()
    change = steps.Compose([steps.Resize((32, 32)), steps.ToTensor()])
    with TemporaryDirectory() as folder:
        for name in mnist.SHA256:
            write_atomically(Path(folder, "MNIST", "raw", name), mnist.read_file(name))
        splits = [torchvision.datasets.MNIST(folder, x, change) for x in (True, False)]
    train, test = (DataLoader(x, config.batch_size, shuffle=x.train) for x in splits)

    def epoch() -> None:
        model, criterion = LeNet5(), nn.CrossEntropyLoss()
        adam = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
        training_loop(model, criterion, adam, train, test, 1, print_every=0)
        evaluate(model, criterion, test)  # test loss and accuracy took a pass each

    return epoch


def arithmetic() -> dict[str, float]:
    """Count an epoch's operations; measure how fast large matrices are multiplied."""
    with FlopCounterMode(display=False) as counter:
        loss = LeNet5()(torch.zeros(1, 1, 32, 32)).sum()
        forward = counter.get_total_flops()
        loss.backward()
    size = 2048
    matrix = torch.rand(size, size)
    (seconds,) = time_in_turns({"product": lambda: matrix @ matrix}).values()
    return {
        "train_flop": 60_000 * counter.get_total_flops(),
        "score_flop": 70_000 * forward,
        "flop_per_second": 2 * size**3 / median(seconds),
    }


if __name__ == "__main__":
    main()

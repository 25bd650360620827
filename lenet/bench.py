"""Time the seed report's way beside ours, and the quick recipe: `make bench`.

Both train the same network on the same 60,000 digits with the same number of updates of
32 digits, and report the same numbers: running training loss, test loss, training and
test accuracy. The quick recipe is timed whole, from the files to the test digits read.
Run it on an otherwise idle machine; only the ratios travel.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from lenet import mnist
from lenet.config import RECIPES, Config
from lenet.data import load_dataset, seed_report_splits
from lenet.files import write_whole
from lenet.model import LeNet5, new_model
from lenet.predict import predict
from lenet.record import BENCH, environment
from lenet.run import fit, new_loaders, new_optimizer
from lenet.train import train_epoch, training_loop
from lenet.vision import torchvision

ROUNDS = 5  # timed runs of each way, taken in turns; one more of each warms up


def main() -> None:
    """Measure, print and store seconds per epoch, their ratio and the roofline."""
    config = Config()
    with tempfile.TemporaryDirectory() as folder:
        ways = {"seed report": seed_way(config, Path(folder)), "ours": our_way(config)}
        seconds = time_in_turns(ways | {"quick recipe": quick_recipe})
    result = {"seconds": seconds, "ratio": ratio(seconds), **roofline()}
    result |= {"quick_config": RECIPES["quick"].asdict()}
    result |= {"command": "make bench", **environment()}
    write_whole(BENCH, (json.dumps(result, indent=1) + "\n").encode())
    print(sentence(result))


def ratio(seconds: dict[str, list[float]]) -> float:
    """Return how many times as long an epoch takes in the seed report's way."""
    return median(seconds["seed report"]) / median(seconds["ours"])


def sentence(result: dict) -> str:
    """Say what was measured."""
    theirs, ours, quick = (median(times) for times in result["seconds"].values())
    whole, rounds = Config().num_epochs * theirs, len(result["seconds"]["ours"])
    least = (result["train_flop"] + result["score_flop"]) / result["flop_per_second"]
    return (
        f"An epoch, all scores included, takes {ours:.1f} s here and {theirs:.1f} s in "
        f"the seed report's way (a `DataLoader` that opens, resizes and converts every "
        f"image), {result['ratio']:.1f} times as long: medians of {rounds} epochs "
        f"each, in turns, on {result['hardware']['device']} with "
        f"{result['hardware']['threads']} threads, {result['date']}. An epoch is "
        f"{result['train_flop'] / 1e9:.0f} GFLOP of training and "
        f"{result['score_flop'] / 1e9:.0f} of scoring; at the "
        f"{result['flop_per_second'] / 1e9:.0f} GFLOP/s at which the same machine "
        f"multiplied matrices, that is {least:.1f} s at the least. The quick recipe, "
        f"{result['quick_config']['num_epochs']} epochs in all, takes {quick:.1f} s; "
        f"the seed report's {Config().num_epochs} epochs in its own way would take "
        f"{whole:.0f} s, {whole / quick:.0f} times as long."
    )


def time_in_turns(ways: dict[str, Callable[[], None]]) -> dict[str, list[float]]:
    """Time each way once a round, after one round that is not counted."""
    seconds = {name: [] for name in ways}
    for _ in range(1 + ROUNDS):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: times[1:] for name, times in seconds.items()}


def our_way(config: Config) -> Callable[[], None]:
    """Return a function that trains and scores one epoch in our way."""
    model = new_model(config.seed)
    loaders = new_loaders(config, *seed_report_splits(load_dataset("mnist")))
    train_loader, train_eval_loader, test_loader = loaders
    parts = (model, nn.CrossEntropyLoss(), new_optimizer(model, config))

    def one_epoch() -> None:
        loop = (train_loader, test_loader, 1)
        training_loop(*parts, *loop, train_eval_loader=train_eval_loader, print_every=0)

    return one_epoch


def quick_recipe() -> None:
    """Train by the quick recipe and read the test digits."""
    train, test = seed_report_splits(load_dataset("mnist"))
    model, _ = fit(RECIPES["quick"], train, train[:1], score_train=False, print_every=0)
    predict(model, test.images)


def seed_way(config: Config, folder: Path) -> Callable[[], None]:
    """Return a function for one epoch with torchvision's usual loader.

    Every image is opened, resized and converted when its turn comes; the test loss and
    both accuracies take passes of their own.
    """
    loaders = _usual_loaders(config, folder)
    model = _usual_network()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)

    def one_epoch() -> None:
        train_epoch(model, criterion, optimizer, loaders["train"])
        with torch.no_grad():
            for images, labels in loaders["test"]:
                criterion(model(images), labels).item()
            for loader in loaders.values():
                for images, labels in loader:
                    (model(images).softmax(1).argmax(1) == labels).sum().item()

    return one_epoch


def _usual_network() -> nn.Module:
    """Return the same network of PyTorch's own layers, in its own memory layout."""
    convolutions = (nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.Conv2d(16, 120, 5))
    c1, c3, c5 = ((layer, nn.Tanh()) for layer in convolutions)
    f6 = (nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))
    return nn.Sequential(
        *c1, nn.AvgPool2d(2), *c3, nn.AvgPool2d(2), *c5, nn.Flatten(), *f6
    )


def _usual_loaders(config: Config, folder: Path) -> dict[str, DataLoader]:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in mnist.FILES.values():
        (raw / file.name).write_bytes(mnist.read_file(file))
    steps = torchvision.transforms
    transform = steps.Compose([steps.Resize((32, 32)), steps.ToTensor()])
    return {
        name: DataLoader(
            torchvision.datasets.MNIST(folder, train=train, transform=transform),
            batch_size=config.batch_size,
            shuffle=train,
        )
        for name, train in (("train", True), ("test", False))
    }


def roofline() -> dict[str, float]:
    """Count an epoch's arithmetic; measure how fast matrices are multiplied here."""
    model, images = LeNet5(), torch.zeros(1, 1, 32, 32)
    with FlopCounterMode(display=False) as counter:
        loss = model(images).sum()
        forward = counter.get_total_flops()
        loss.backward()
        both = counter.get_total_flops()
    size = 2048
    a, b = torch.rand(size, size), torch.rand(size, size)
    times = time_in_turns({"product": lambda: a @ b})["product"]
    return {
        "train_flop": 60_000 * both,
        "score_flop": 70_000 * forward,
        "flop_per_second": 2 * size**3 / median(times),
    }


if __name__ == "__main__":
    main()

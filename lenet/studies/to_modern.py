"""From the network of 1998 to today's, one change at a time."""

from dataclasses import asdict, dataclass, replace

import torch
from torch import nn

from lenet.config import Config
from lenet.data import Dataset, load_dataset
from lenet.history import split_by_writer
from lenet.model import count_parameters, new_model
from lenet.original.between import Between, Parts
from lenet.original.minibatch import train_minibatches
from lenet.original.sdlm import ETAS
from lenet.predict import errors

QUESTION = "Which change between the network of 1998 and today's matters?"
NUM_SEEDS = 3
SCHEDULE = tuple(eta / ETAS[0] for eta in ETAS[:12])  # relative step size of each pass
SHORT = (1.0, 1.0, 0.4, 0.2, 0.1)  # fewer passes, to choose a rate by


@dataclass(frozen=True)
class Step:
    """One network and the way it is trained."""

    parts: Parts | None  # None: `lenet.model.LeNet5`
    method: str
    rate: float  # step size of the first pass, for the mean gradient of a batch


CODES, FULL, AVERAGES, LINEAR = (
    Parts(),
    Parts(full_c3=True),
    Parts(full_c3=True, averages=True),
    Parts(full_c3=True, averages=True, linear_output=True),
)
STEPS = {  # each holds all changes before it
    "32 digits per update": Step(CODES, "sdlm", 0.008),
    "every C3 map sees all S2 maps": Step(FULL, "sdlm", 0.008),
    "averages for S2 and S4": Step(AVERAGES, "sdlm", 0.008),
    "linear output, cross-entropy": Step(LINEAR, "sdlm", 0.008),
    "one step size for all": Step(LINEAR, "sgd", 0.1),
    "Adam": Step(LINEAR, "adam", 0.001),
    "plain tanh, inputs from 0 to 1": Step(None, "adam", 0.001),
}
RATES = {  # tried on held-out writers where the method or the criterion changes
    "32 digits per update": (0.004, 0.008, 0.016),
    "linear output, cross-entropy": (0.002, 0.004, 0.008, 0.016),
    "one step size for all": (0.05, 0.1, 0.2, 0.4),
    "Adam": (0.0005, 0.001, 0.002),
}


def members() -> list[dict]:
    """The rates to choose from; then one run for each seed and step."""
    tried = [
        {"seed": 0, "step": step, "rate": rate}
        for step, rates in RATES.items()
        for rate in rates
    ]
    return tried + [
        {"seed": seed, "step": step} for seed in range(NUM_SEEDS) for step in STEPS
    ]


def run(
    seed: int, step: str, rate: float | None = None, dataset: Dataset | None = None
) -> dict:
    """Train a network and count test errors; or try a rate on held-out writers."""
    dataset = dataset or load_dataset("mnist")
    if rate is None:
        plan, schedule = STEPS[step], SCHEDULE
        train, held_out = dataset.train, dataset.read_test()
    else:
        plan, schedule = replace(STEPS[step], rate=rate), SHORT
        train, held_out = split_by_writer(dataset.train, Config().val_size, seed)
    model = new_network(plan, seed)
    rates = [plan.rate * relative for relative in schedule]
    train_minibatches(model, train, plan.method, rates, seed)
    read = {"train": train, "test" if rate is None else "val": held_out}
    return (
        asdict(plan)
        | {"num_parameters": count_parameters(model)}
        | {name: asdict(errors(model, each)) for name, each in read.items()}
    )


def new_network(plan: Step, seed: int) -> nn.Module:
    """Draw a network; channels last, a CPU trains it a tenth faster."""
    model = Between(plan.parts, seed) if plan.parts else new_model(seed)
    return model.to(memory_format=torch.channels_last)

"""From the network of 1998 to today's, one change at a time."""

from dataclasses import asdict
from itertools import pairwise

import torch

from lenet.data import load_dataset
from lenet.metrics import Proportion, Repeated
from lenet.model import new_model
from lenet.original.choices import held_out
from lenet.original.hybrid import Hybrid, Parts, train_minibatches
from lenet.original.recipe import ETAS
from lenet.original.replication import against, spread
from lenet.predict import errors
from lenet.studies.seeds import accuracies
from lenet.studies.statistics import Runs, error_rates, welch_interval
from lenet.style import Rows

QUESTION = "Which change between the network of 1998 and today's matters?"
SCHEDULE = tuple(eta / ETAS[0] for eta in ETAS[:12])  # relative step size of each pass
SHORT = (1.0, 1.0, 0.4, 0.2, 0.1)  # fewer passes, to choose a rate by
AVERAGES = Parts(full_c3=True, averages=True)
LINEAR = Parts(full_c3=True, averages=True, linear_output=True)
# Parts (none: `lenet.model.LeNet5`), method, and step size of the first pass for the
# mean gradient of a batch; each holds all changes before it.
STEPS = {
    "32 digits per update": (Parts(), "sdlm", 0.008),
    "every C3 map sees all S2 maps": (Parts(full_c3=True), "sdlm", 0.008),
    "averages for S2 and S4": (AVERAGES, "sdlm", 0.008),
    "linear output, cross-entropy": (LINEAR, "sdlm", 0.008),
    "one step size for all": (LINEAR, "sgd", 0.1),
    "Adam": (LINEAR, "adam", 0.001),
    "plain tanh, inputs from 0 to 1": (None, "adam", 0.001),
}
RATES = {  # tried on held-out writers where the method or the criterion changes
    "32 digits per update": (0.004, 0.008, 0.016),
    "linear output, cross-entropy": (0.002, 0.004, 0.008, 0.016),
    "one step size for all": (0.05, 0.1, 0.2, 0.4),
    "Adam": (0.0005, 0.001, 0.002),
}
MEMBERS = [
    {"seed": 0, "step": step, "rate": rate} for step in RATES for rate in RATES[step]
]
MEMBERS += [{"seed": seed, "step": step} for seed in range(3) for step in STEPS]


def run(seed: int, step: str, rate: float | None = None) -> dict:
    """Train a network and count test errors; or try a rate on held-out writers."""
    parts, method, first = STEPS[step]
    if rate:
        (train, others), part, schedule = held_out(seed), "val", SHORT
    else:
        dataset = load_dataset("mnist")
        train, others, part = dataset.train, dataset.read_test(), "test"
        rate, schedule = first, SCHEDULE
    rates = [rate * relative for relative in schedule]
    model = Hybrid(parts, seed) if parts else new_model(seed)
    model.to(memory_format=torch.channels_last)  # a CPU trains it a tenth faster
    train_minibatches(model, train, method, rates, seed)
    return {
        "parts": parts and asdict(parts),
        "method": method,
        "rates": rates,
        "num_parameters": sum(each.numel() for each in model.parameters()),
        "train": asdict(errors(model, train)),
        part: asdict(errors(model, others)),
    }


def runs_by_step(stored: dict, replication: dict) -> dict[str, Runs]:
    """Group the runs by step, each with its seconds; first those one digit at a time.

    Of the replication's passes, and of their seconds, as many count as a step has.
    """
    steps = [each for each in stored["members"] if "rate" not in each["member"]]
    num_passes = len(steps[0]["result"]["rates"])
    plain = {"num_train": 60_000, "copies": 0}.items()
    old = [each for each in replication["members"] if plain <= each["member"].items()]
    groups = {"as in 1998, a digit at a time": [_after(num_passes, run) for run in old]}
    for each in steps:
        run = each["result"] | {"seconds": each["seconds"]}
        groups.setdefault(each["member"]["step"], []).append(run)
    return groups


def _after(num_passes: int, member: dict) -> dict:
    """Return a run of the replication as if it had ended after so many passes."""
    run, counts = member["result"], member["result"]["test_errors"]
    test = {"count": counts[num_passes - 1], "total": run["num_test"]}
    return run | {"test": test, "seconds": member["seconds"] * num_passes / len(counts)}


def table(groups: dict[str, Runs]) -> Rows:
    """List the steps from 1998 to today, each with all changes before it."""
    rows = [["Change", "Parameters", "Seeds", "Test error", "95 % interval"]]
    rows[0].append("Time (s)")
    for name, runs in groups.items():
        num, seconds = runs[0]["num_parameters"], min(run["seconds"] for run in runs)
        rows.append([name, num, *spread(error_rates(runs, "test")), f"{seconds:.0f}"])
    return rows


def rates_table(stored: dict) -> Rows:
    """List the step sizes tried on held-out writers, those taken in bold."""
    rows = [["Change", "First step size", "Validation error"]]
    runs = [(each["member"], each["result"]) for each in stored["members"]]
    taken = {(m["step"], run["rates"][0]) for m, run in runs if "rate" not in m}
    for member, run in runs:
        if "rate" in member:
            step, rate = member["step"], member["rate"]
            size = f"**{rate:g}**" if (step, rate) in taken else f"{rate:g}"
            rows.append([step, size, Proportion(**run["val"]).percent])
    return rows


def constant_step(runs: Runs, epoch: int = 0) -> Repeated:
    """Return test error rates of the study `seeds` after an epoch; 0 is the last."""
    right = accuracies(runs, "val", epoch).values
    return Repeated(tuple(100 - each for each in right))


def moves(groups: dict[str, Runs]) -> dict[str, tuple[Repeated, Repeated]]:
    """Return the test errors before and after each change."""
    errors = [error_rates(runs, "test") for runs in groups.values()]
    return dict(zip([*groups][1:], pairwise(errors), strict=True))


def num_told(groups: dict[str, Runs]) -> int:
    """Count the changes whose 95 % interval (Welch) is without 0."""
    intervals = (welch_interval(*pair) for pair in moves(groups).values())
    return sum(low > 0 or high < 0 for low, high in intervals)


def largest_moves(groups: dict[str, Runs], num: int = 2) -> str:
    """Say which changes move the mean test error most."""
    sizes = {
        f"{name}, {against(after, before)}": abs(after.mean - before.mean)
        for name, (before, after) in moves(groups).items()
    }
    return "; ".join(sorted(sizes, key=sizes.get, reverse=True)[:num])

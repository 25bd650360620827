"""The tables of the studies of 1998 in which one thing is changed."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from lenet.metrics import Repeated, signed, welch_interval
from lenet.tables import Table


def rates(errors: Iterable[int], totals: Iterable[int]) -> Repeated:
    """Return error rates in percent."""
    return Repeated(tuple(100 * e / t for e, t in zip(errors, totals, strict=True)))


def _spread(repeated: Repeated) -> list[str]:
    low, high = repeated.interval
    return [f"{repeated.mean:.3f} %", f"{low:.3f}–{high:.3f} %"]


def by_member(stored: dict, *names: str) -> dict[tuple, list[dict]]:
    """Group the stored members by the arguments of the given names, in their order."""
    groups: dict[tuple, list[dict]] = {}
    for each in stored["members"]:
        key = tuple(each["member"].get(name) for name in names)
        groups.setdefault(key, []).append(each)
    return groups


def val_rates(members: Sequence[dict]) -> dict[int, float]:
    """Return the error rate on held-out writers of each seed, in percent."""
    return {
        each["member"]["seed"]: 100
        * each["result"]["val_errors"]
        / each["result"]["num_val"]
        for each in members
    }


def choices(stored: dict) -> Table:
    """Set each change of a choice against the choice, seed by seed."""
    groups = by_member(stored, "change")
    chosen = val_rates(groups["as chosen",])
    rows = []
    for (change,), members in groups.items():
        ours = val_rates(members)
        differences = Repeated(tuple(ours[seed] - chosen[seed] for seed in ours))
        low, high = differences.interval
        mean = sum(ours.values()) / len(ours)
        points = [signed(differences.mean), f"{signed(low)} to {signed(high)}"]
        points = ["", ""] if change == "as chosen" else points
        rows.append([change, len(ours), f"{mean:.2f} %", *points])
    header = ["Change", "Seeds", "Validation error", "Difference", "95 % interval"]
    return Table(header=header, rows=rows, align="lrrrr")


def distortion_ranges(stored: dict) -> Table:
    """List the error on held-out writers of every setting, seed by seed."""
    groups = by_member(stored, "law", "shift", "shape")
    seeds = sorted({each["member"]["seed"] for each in stored["members"]})
    rows = []
    for (law, shift, shape), members in groups.items():
        ours = val_rates(members)
        cells = [f"{ours[seed]:.2f} %" if seed in ours else "–" for seed in seeds]
        rows.append([law, f"{shift:g}", f"{shape:g}", *cells])
    header = ["Draws", "Shifts ×", "Others ×", *(f"Seed {seed}" for seed in seeds)]
    return Table(header=header, rows=rows, align="lrr" + "r" * len(seeds))


def front_ends(groups: dict[str, Sequence[dict]], trained: dict[str, int]) -> Table:
    """List the test errors after the same pass under different front ends."""
    last = min(len(run["test_errors"]) for runs in groups.values() for run in runs)
    rows = []
    for name, runs in groups.items():
        error = errors_after(runs, last)
        rows.append(
            [name, trained[name], len(runs), *_spread(error), f"{error.sd:.3f}"]
        )
    header = ["C1 to S4", "Trained parameters", "Seeds", "Test error", "95 % interval"]
    return Table(header=[*header, "SD"], rows=rows, align="lrrrrr")


def errors_after(runs: Sequence[dict], num_passes: int) -> Repeated:
    """Return the test error rates after a pass, counted from 1, in percent."""
    counts = (run["test_errors"][num_passes - 1] for run in runs)
    return rates(counts, (run["num_test"] for run in runs))


def steps(stored: dict, original: dict, num_passes: int) -> Table:
    """List the steps from 1998 to today, each with all changes before it."""
    first = [
        each
        for each in original["members"]
        if (each["member"]["num_train"], each["member"]["copies"]) == (60_000, 0)
    ]
    seconds = [
        e["seconds"] * num_passes / len(e["result"]["test_errors"]) for e in first
    ]
    error = errors_after([each["result"] for each in first], num_passes)
    rows = [_step("as in 1998, a digit at a time", 60_000, error, seconds)]
    for name, members in taken_steps(stored).items():
        num = members[0]["result"]["num_parameters"]
        seconds = [each["seconds"] for each in members]
        rows.append(_step(name, num, step_errors(members), seconds))
    header = [
        "Change",
        "Parameters",
        "Seeds",
        "Test error",
        "95 % interval",
        "Time (s)",
    ]
    return Table(header=header, rows=rows, align="lrrrrr")


def taken_steps(stored: dict) -> dict[str, list[dict]]:
    """Return the members of each step, without those that only tried a rate."""
    groups = by_member(stored, "step", "rate").items()
    return {name: members for (name, rate), members in groups if rate is None}


def step_errors(members: Sequence[dict]) -> Repeated:
    """Return the test error rates of the runs of one step, in percent."""
    tests = [each["result"]["test"] for each in members]
    return rates((t["count"] for t in tests), (t["total"] for t in tests))


def _step(name: str, num: int, error: Repeated, seconds: Sequence[float]) -> list:
    return [name, num, len(error.values), *_spread(error), f"{min(seconds):.0f}"]


def tried_rates(stored: dict) -> Table:
    """List the step sizes tried on held-out writers for the steps."""
    rows = []
    for (name, rate), (each, *_) in by_member(stored, "step", "rate").items():
        if rate is not None:
            val = each["result"]["val"]
            rows.append(
                [name, f"{rate:g}", f"{100 * val['count'] / val['total']:.2f} %"]
            )
    header = ["Change", "First step size", "Validation error"]
    return Table(header=header, rows=rows, align="lrr")


def largest_steps(stored: dict, first: Repeated, num: int = 2) -> str:
    """Say which changes move the mean test error most."""
    taken = taken_steps(stored)
    names, errors = [*taken], [first, *map(step_errors, taken.values())]
    moves = {
        name: (after.mean - before.mean, *welch_interval(after, before))
        for name, (before, after) in zip(names, pairwise(errors), strict=True)
    }
    order = sorted(names, key=lambda name: -abs(moves[name][0]))[:num]
    parts = [
        "{} ({} points, {} to {})".format(name, *map(signed, moves[name]))
        for name in order
    ]
    return f"The largest moves: {'; '.join(parts)}."


def span(numbers: Iterable[int]) -> str:
    """Write the least and the greatest of some numbers, or the only one."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"

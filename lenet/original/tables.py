"""The tables of the network of 1998."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.stats import hypergeom

from lenet.data import Digits
from lenet.history import curves_1998, errors_1998
from lenet.metrics import Repeated, scientific
from lenet.original.network import LeNet5_1998, initial_weights, to_input
from lenet.original.sdlm import ETAS, diagonal_curvature, step_sizes
from lenet.tables import Table

CONNECTIONS = {  # of each layer: units times inputs of a unit, its bias included
    "c1": 6 * 28 * 28 * (25 + 1),
    "s2": 6 * 14 * 14 * (4 + 1),
    "c3": 10 * 10 * (60 * 25 + 16),
    "s4": 16 * 5 * 5 * (4 + 1),
    "c5": 120 * (400 + 1),
    "f6": 84 * (120 + 1),
    "output": 10 * 84,
}


def layers(model: LeNet5_1998) -> Table:
    """List the layers with output, parameters and connections."""
    states = model.states(torch.zeros(1, 1, 32, 32))
    rows = []
    for name, state in states.items():
        shape = " × ".join(str(side) for side in state.shape[1:])
        num = sum(p.numel() for p in getattr(model, name).parameters())
        rows.append([name.upper(), shape, num, CONNECTIONS[name]])
    rows.append(["output", "10", 0, CONNECTIONS["output"]])
    totals = [sum(row[column] for row in rows) for column in (2, 3)]
    header = ["Layer", "Output", "Parameters", "Connections"]
    return Table(header=header, rows=[*rows, ["**all**", "", *totals]], align="llrr")


def first_steps(digits: Digits, num_digits: int = 500, seed: int = 0) -> Table:
    """Compare the range of the first pass's step sizes under several initial weights.

    The coefficients of S2 and S4 are left out: their steps are smaller by a hundred.
    """
    images = to_input(digits.images[:num_digits].numpy())
    laws = {"2.4/F, as printed": (2.4, 1.0), "1/√F": (1.0, 0.5), "2.4/√F": (2.4, 0.5)}
    rows = [["The paper (sec. III-B)", scientific(7e-5, 1), scientific(1.6e-2, 1)]]
    for name, (scale, power) in laws.items():
        weights = initial_weights(seed, scale, power, 0.25)
        model = LeNet5_1998()
        model.load_state_dict({k: torch.from_numpy(w) for k, w in weights.items()})
        steps = step_sizes(diagonal_curvature(model, images, 1.0), ETAS[0])
        kept = [v for key, v in steps.items() if not key.startswith("s")]
        ends = float(min(v.min() for v in kept)), float(max(v.max() for v in kept))
        rows.append([f"Within ±{name}", *(scientific(end, 1) for end in ends)])
    header = ["Initial weights", "Smallest step", "Largest step"]
    return Table(header=header, rows=rows, align="lrr")


def final_errors(groups: dict[str, Sequence[dict]], paper: dict[str, str]) -> Table:
    """List final error rates over seeds beside what the paper has."""
    rows = []
    for name, runs in groups.items():
        test = Repeated(tuple(100 * r["test_errors"][-1] / r["num_test"] for r in runs))
        sizes = [r["recipe"]["digits_per_pass"] for r in runs]
        train = [100 * r["train_errors"] / n for r, n in zip(runs, sizes, strict=True)]
        low, high = test.interval
        rows.append(
            [
                name,
                len(runs),
                f"{test.mean:.3f} %",
                f"{low:.3f}–{high:.3f} %",
                f"{test.sd:.3f}",
                f"{np.mean(train):.2f} %",
                paper[name],
            ]
        )
    header = ["Trained on", "Seeds", "Test error", "95 % interval", "SD", "Training"]
    return Table(header=[*header, "Paper"], rows=rows, align="lrrrrrr")


def overlap(groups: dict[str, Sequence[dict]]) -> Table:
    """Count the digits of Fig. 8 that are misread again, beside what chance would do.

    If a run's errors were thrown at random among the test digits, the number on those
    82 would follow the hypergeometric law.
    """
    answers = errors_1998()
    rows = []
    for name, runs in groups.items():
        for run in runs:
            read = {int(index): answer for index, answer in run["misread"].items()}
            again = [index for index in read if index in answers]
            same = sum(read[index] == answers[index] for index in again)
            law = hypergeom(run["num_test"], len(answers), len(read))
            chance = (law.mean(), law.sf(len(again) - 1))
            rows.append([name, len(read), len(again), same, *chance])
    return _summed(rows)


def _summed(rows: list[list]) -> Table:
    """Average the runs of each group; keep the least surprising probability."""
    names = list(dict.fromkeys(row[0] for row in rows))
    summary = []
    for name in names:
        group = [row[1:] for row in rows if row[0] == name]
        errors, again, same = (np.mean([row[k] for row in group]) for k in range(3))
        by_chance = np.mean([row[3] for row in group])
        worst = max(row[4] for row in group)
        counts = [f"{value:.1f}" for value in (errors, again, same, by_chance)]
        summary.append([name, len(group), *counts, scientific(worst)])
    header = ["Trained on", "Runs", "Errors", "Of the 82", "Same answer", "By chance"]
    return Table(header=[*header, "p at most"], rows=summary, align="lrrrrrr")


def paper_errors() -> dict[str, str]:
    """Return the paper's test errors: from Fig. 6, from the text, and from Fig. 8."""
    fig6 = curves_1998()["fig6"]
    sizes = zip(fig6["train_size"], fig6["test_error"], strict=True)
    errors = {f"{size:,}": f"{error:.2f} %" for size, error in sizes}
    return errors | {"60,000": "0.95 %", "600,000, distorted": "0.82 %"}

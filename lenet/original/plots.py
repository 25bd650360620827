"""The figures of the network of 1998; each function returns figure and alternative."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.ticker import MaxNLocator

from lenet.data import Digits
from lenet.history import curves_1998, errors_1998
from lenet.metrics import commonest_misreading
from lenet.original.network import LeNet5_1998, rbf_codes, to_input
from lenet.plots import BLUE, GREY, VERMILION, draw, draw_digit, new_figure

CODE_SHAPE = (12, 7)
GAP = "#cfe3f1"  # between maps, which are grey


def codes():
    """Draw the ten 7x12 bitmaps that F6 is to look like."""
    with new_figure(1.35, 1, 10) as (figure, (row,)):
        for digit, (axes, code) in enumerate(zip(row, rbf_codes(), strict=True)):
            draw(axes, code.reshape(CODE_SHAPE), -1, 1)
            axes.set(title=str(digit))
            axes.margins(0.1)
    alt = "Ten bitmaps, 7 pixels wide and 12 high, each a stylised digit from 0 to 9."
    return figure, alt


def passes(runs: Sequence[dict]):
    """Draw error rates over passes: ours, mean and range, over the paper's Fig. 5."""
    paper = curves_1998()["fig5"]
    num_train, num_test = runs[0]["recipe"]["digits_per_pass"], runs[0]["num_test"]
    ours = {
        "test": _percents([run["test_errors"] for run in runs], num_test),
        "training": _percents([run["online_errors"] for run in runs], num_train),
    }
    with new_figure(3.3) as (figure, ((axes,),)):
        numbers = range(1, 1 + ours["test"].shape[1])
        for (name, rates), color, line in zip(
            ours.items(), (VERMILION, BLUE), ("--", "-"), strict=True
        ):
            low, high = rates.amin(0), rates.amax(0)
            axes.fill_between(numbers, low, high, color=color, alpha=0.25, lw=0)
            label = f"{name}, {len(runs)} seeds: mean and range"
            axes.plot(numbers, rates.mean(0), line, color=color, label=label)
        for name, marker in (("test", "s"), ("train", "o")):
            full = "test" if name == "test" else "training"
            rates, label = paper[f"{name}_error_pct"], f"{full}, paper's Fig. 5"
            style = {"color": GREY, "markerfacecolor": "none", "label": label}
            axes.plot(paper["passes"], rates, marker, **style)
        axes.set(xlabel="Pass over the training digits", ylabel="Error rate (%)")
        axes.set(ylim=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)
    first, last = (float(ours["test"][:, index].mean()) for index in (0, -1))
    alt = (
        f"Line chart of error rates over {len(numbers)} passes. The mean test error of "
        f"{len(runs)} runs goes from {first:.2f} to {last:.2f} %, that of the paper "
        f"from {paper['test_error_pct'][0]:.2f} to {paper['test_error_pct'][-1]:.2f} %."
    )
    return figure, alt


def _percents(errors: list[list[int]], total: int) -> torch.Tensor:
    return 100 * torch.tensor(errors, dtype=torch.float64) / total


def hardest(test: Digits, runs: Sequence[dict], num_digits: int = 24):
    """Draw those of the 82 digits of 1998 that most runs misread again."""
    answers = errors_1998()
    again = Counter(int(i) for run in runs for i in run["misread"] if int(i) in answers)
    shown = sorted(again, key=lambda i: (-again[i], i))[:num_digits]
    rows = -(-len(shown) // 8)
    with new_figure(1.15 * rows, rows, 8) as (figure, grid):
        for axes in grid.flat[len(shown) :]:
            axes.axis("off")
        for axes, index in zip(grid.flat, shown, strict=False):
            draw_digit(axes, test.images[index])
            now = commonest_misreading([run["misread"] for run in runs], index)
            title = (
                f"true {int(test.labels[index])}, then {answers[index]}\n"
                f"now: {now} ({again[index]}/{len(runs)})"
            )
            axes.set_title(title, fontsize=6.5, pad=2)
    alt = (
        f"Grid of {len(shown)} of the 82 test digits that were misread in 1998, those "
        f"that most of {len(runs)} runs misread again first."
    )
    return figure, alt


def c1_kernels(networks: dict[str, dict[str, np.ndarray]]):
    """Draw the six kernels of C1 of each network; black is the largest weight."""
    with new_figure(1.2 * len(networks), len(networks), 6) as (figure, grid):
        for row, (name, weights) in zip(grid, networks.items(), strict=True):
            for axes, kernel in zip(row, weights["c1.weight"][:, 0], strict=True):
                most = np.abs(kernel).max()
                draw(axes, kernel, -most, most)
                axes.set_title(f"±{most:.1f}", fontsize=7.5, pad=2)
            row[0].set_ylabel(name)
    alt = (
        f"Rows of six 5 by 5 kernels of C1, {' and '.join(networks)}, in greys around "
        "zero: bars, edges and spots of single pixels."
    )
    return figure, alt


MAP_ROWS = {"c1": 1, "s2": 1, "c3": 2, "s4": 2}  # in which the maps of a layer lie


def feature_maps(digit: np.ndarray, networks: dict[str, dict[str, np.ndarray]]):
    """Draw the maps of one (32, 32) digit in C1 to S4, one column a network."""
    with new_figure(3.3, len(MAP_ROWS), len(networks)) as (figure, grid):
        grid[0, 0].get_gridspec().set_height_ratios((2, 2, 3, 3))
        for column, (name, weights) in zip(grid.T, networks.items(), strict=True):
            column[0].set_title(name)
            states = _states(weights, digit)
            for axes, (layer, rows) in zip(column, MAP_ROWS.items(), strict=True):
                maps = states[layer][0].numpy()
                most = np.abs(maps).max()
                draw(axes, _tiled(maps, rows), -most, most)
                axes.set_facecolor(GAP)
                axes.spines[:].set_visible(False)
        for axes, layer in zip(grid[:, 0], MAP_ROWS, strict=True):
            axes.set_ylabel(layer.upper())
    alt = (
        "The 6, 6, 16 and 16 maps of C1, S2, C3 and S4 for one digit, in "
        f"{len(networks)} columns: {' and '.join(networks)}. In C1 and S2 the digit is "
        "plain to see, some maps showing its edges."
    )
    return figure, alt


@torch.no_grad()
def _states(weights: dict[str, np.ndarray], digit: np.ndarray) -> dict:
    model = LeNet5_1998()
    tensors = {name: torch.from_numpy(values) for name, values in weights.items()}
    model.load_state_dict(tensors, strict=False)
    return model.states(to_input(digit[None]))


def _tiled(maps: np.ndarray, rows: int) -> np.ndarray:
    """Lay (N, H, W) maps side by side in so many rows, with nothing between."""
    gap = max(1, maps.shape[1] // 8)
    spaced = np.pad(maps, ((0, 0), (0, gap), (0, gap)), constant_values=np.nan)
    lines = np.split(spaced, rows)
    return np.concatenate([np.concatenate([*line], 1) for line in lines])

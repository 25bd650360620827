"""The figures of the network of 1998; each function returns figure and alternative."""

from collections import Counter
from collections.abc import Sequence

import torch
from matplotlib.ticker import MaxNLocator

from lenet.data import Digits
from lenet.history import curves_1998, errors_1998
from lenet.original.network import rbf_codes
from lenet.plots import BLUE, GREY, VERMILION, draw_digit, new_figure

CODE_SHAPE = (12, 7)


def codes():
    """Draw the ten 7x12 bitmaps that F6 is to look like."""
    with new_figure(1.35, 1, 10) as (figure, (row,)):
        for digit, (axes, code) in enumerate(zip(row, rbf_codes(), strict=True)):
            axes.imshow(code.reshape(CODE_SHAPE), cmap="gray_r", vmin=-1, vmax=1)
            axes.set(xticks=[], yticks=[], title=str(digit))
            axes.margins(0.1)
            axes.spines[:].set(visible=True, linewidth=0.4, color=GREY)
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
            now = Counter(run["misread"].get(str(index)) for run in runs)
            now.pop(None, None)
            title = (
                f"true {int(test.labels[index])}, then {answers[index]}\n"
                f"now: {now.most_common(1)[0][0]} ({again[index]}/{len(runs)})"
            )
            axes.set_title(title, fontsize=6.5, pad=2)
    alt = (
        f"Grid of {len(shown)} of the 82 test digits that were misread in 1998, those "
        f"that most of {len(runs)} runs misread again first."
    )
    return figure, alt

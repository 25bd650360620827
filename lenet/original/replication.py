"""The network of 1998, trained by the paper's recipe: the paper's results again."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
from matplotlib.ticker import MaxNLocator

from lenet.annotations import NUM_TEST, curves_1998, errors_1998
from lenet.claims import PAPER_TEST_ERRORS
from lenet.data import Digits, load_dataset
from lenet.metrics import Repeated
from lenet.original.distortions import Ranges, with_distortions
from lenet.original.engine import Recipe1998, count_wrong, predict, train_1998
from lenet.studies import statistics
from lenet.studies.statistics import Runs, between, change, rates
from lenet.style import BLUE, GREY, VERMILION, Rows, digit_grid, new_figure

QUESTION = "Does the network of the paper, trained as the paper says, reach its error?"
COPIES = 9  # distorted copies of each digit: 540,000 beside the 60,000
# Seeds, training digits (fewer as in the paper's Fig. 6) and copies.
KINDS = ((10, 60_000, 0), (5, 15_000, 0), (5, 30_000, 0), (5, 60_000, COPIES))

RANGES = Ranges().times(shift=0.25, shape=0.5)  # chosen in the study `ranges`


def members() -> list[dict]:
    """Ten runs as in Fig. 5; five for each smaller set and on distorted digits."""
    return [
        {"seed": seed, "num_train": size, "copies": copies}
        for num_seeds, size, copies in KINDS
        for seed in range(num_seeds)
    ]


def run(seed: int, num_train: int, copies: int = 0) -> dict:
    """Train on the first digits; count the test errors after each pass, as Fig. 5 does.

    Nothing depends on the test errors. With distorted copies the set grows and a pass
    does not: twenty passes of 60,000 present each of the 600,000 twice.
    """
    dataset = load_dataset("mnist")
    train, recipe = dataset.train[:num_train], Recipe1998(digits_per_pass=num_train)
    digits, ranges = arrays(train), {}
    if copies:
        digits = with_distortions(*digits, copies, RANGES, seed)
        ranges = {"ranges": asdict(RANGES)}
    return ranges | train_and_count(digits, train, dataset.read_test(), recipe, seed)


def arrays(digits: Digits) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels as the uint8 arrays that the engine takes."""
    return digits.images.numpy(), digits.labels.numpy().astype(np.uint8)


def train_and_count(digits, train: Digits, test: Digits, recipe, seed, fixed=None):
    """Train on arrays of digits; count test errors after each pass.

    Returns:
        What is stored of a run; errors on ``train`` are counted after the last pass.
    """
    images, labels = arrays(test)
    test_errors, fixed = [], fixed or {}

    def count(weights) -> None:
        test_errors.append(count_wrong(weights, images, labels))

    weights, online_errors = train_1998(*digits, recipe, seed, count, fixed)
    sizes = {name: values.size for name, values in weights.items()}
    return {
        "recipe": asdict(recipe),
        "num_parameters": sum(sizes[name] for name in sizes.keys() - fixed.keys()),
        "online_errors": online_errors,
        "test_errors": test_errors,
        "num_test": len(test),
        "train_errors": count_wrong(weights, *arrays(train)),
        "misread": statistics.misread(predict(weights, images), labels),
    }


def errors_after(runs: Runs, num_passes: int = 0) -> Repeated:
    """Return the test error rates after a pass, counted from 1; 0 is the last one."""
    counts = (run["test_errors"][num_passes - 1] for run in runs)
    return rates(counts, runs[0]["num_test"])


def training_errors(runs: Runs) -> Repeated:
    """Return the error rates on the undistorted training digits after the last pass."""
    return rates((run["train_errors"] for run in runs), _pass_size(runs))


def online_errors(runs: Runs, number: int) -> Repeated:
    """Return the error rates in a pass, each digit judged just before it is learnt."""
    counts = (run["online_errors"][number - 1] for run in runs)
    return rates(counts, _pass_size(runs))


def outside(
    runs: Runs, errors: Callable[[Runs, int], Repeated], part: str
) -> list[int]:
    """Return the passes whose error in the paper's Fig. 5 one more run would not have.

    It lies outside the 95 % prediction interval of these runs after as many passes.

    Args:
        errors: `errors_after` or `online_errors`.
        part: of the figure, "test" or "train".
    """
    found, paper = [], curves_1998()["fig5"][f"{part}_error_pct"]
    for number, error in enumerate(paper[: len(runs[0]["test_errors"])], 1):
        low, high = errors(runs, number).prediction_interval
        found += [number] * (not low <= error <= high)
    return found


def _pass_size(runs: Runs) -> int:
    return runs[0]["recipe"]["digits_per_pass"]


def against(ones: Repeated, others: Repeated) -> str:
    """Write the difference of two means, such as ``−0.40 points (−1.01 to +0.21)``."""
    return change(ones.mean - others.mean, statistics.welch_interval(ones, others))


def spread(error: Repeated) -> list[str | int]:
    """Return the cells of an error rate: seeds, mean, interval of the mean."""
    return [len(error.values), f"{error.mean:.3f} %", between(error.interval, 3)]


def table(groups: dict[str, Runs]) -> Rows:
    """List the final error rates of the four groups of runs beside the paper's."""
    fig6, fig8 = curves_1998()["fig6"], 100 * len(errors_1998()) / NUM_TEST
    papers = [*fig6["test_error"][:2], 100 * PAPER_TEST_ERRORS.rate, fig8]
    fitted = [*(f"{each:.2f} %" for each in fig6["train_error"][:3]), "–"]
    rows = [["Trained on", "Seeds", "Test error", "95 % interval", "SD", "Paper"]]
    rows[0] += ["Training error", "95 % interval", "Paper"]
    for (name, runs), paper, fit in zip(groups.items(), papers, fitted, strict=True):
        test, train = errors_after(runs), training_errors(runs)
        row = [name, *spread(test), f"{test.sd:.3f}", f"{paper:.2f} %"]
        rows.append([*row, f"{train.mean:.2f} %", between(train.interval), fit])
    return rows


def figure(runs: Runs):
    """Draw error rates over passes: ours, mean and range, over the paper's Fig. 5."""
    paper, passes = curves_1998()["fig5"], range(1, 1 + len(runs[0]["test_errors"]))
    test = 100 * np.array([run["test_errors"] for run in runs]) / runs[0]["num_test"]
    train = 100 * np.array([run["online_errors"] for run in runs]) / _pass_size(runs)
    with new_figure(3.3) as (figure, ((axes,),)):
        for name, errors, printed, line, marker, color in (
            ("test", test, paper["test_error_pct"], "--", "s", VERMILION),
            ("training", train, paper["train_error_pct"], "-", "o", BLUE),
        ):
            label = f"{name}, {len(runs)} seeds: mean and range"
            statistics.draw_runs(axes, passes, errors, line, color, label)
            hollow = {"mfc": "none", "label": f"{name}, paper's Fig. 5"}
            axes.plot(paper["passes"], printed, marker, color=GREY, **hollow)
        axes.set(xlabel="Pass over the training digits", yscale="log")
        axes.set_ylabel("Error rate (%, logarithmic)")
        axes.set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
        axes.minorticks_off()
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)
    mean, printed = test.mean(0), paper["test_error_pct"]
    return figure, (
        f"Line chart of error rates, on a logarithmic axis, over {len(passes)} passes: "
        f"the mean test error of {len(runs)} runs goes from {mean[0]:.2f} to "
        f"{mean[-1]:.2f} %, that of the paper from {printed[0]:.2f} to "
        f"{printed[-1]:.2f} %."
    )


def hardest(test: Digits, runs: Runs, num_digits: int = 24):
    """Draw those of the 82 digits of 1998 that most runs misread again."""
    then, again = errors_1998(), statistics.times_misread(runs)
    shown = [index for index in again if index in then][:num_digits]
    titles = {
        index: f"true {test.labels[index]}, then {then[index]}\nnow: "
        f"{statistics.commonest_answer(runs, index)} ({again[index]}/{len(runs)})"
        for index in shown
    }
    alt = (
        f"Grid of {len(shown)} of the 82 test digits that were misclassified in 1998, "
        f"those that most of {len(runs)} runs misclassify again first."
    )
    return digit_grid(test.images, titles, columns=8), alt

"""The network of 1998, trained by the paper's recipe: the paper's results again."""

from dataclasses import asdict

import numpy as np

from lenet import style
from lenet.annotations import NUM_TEST, curves_1998, errors_1998
from lenet.claims import PAPER_TEST_ERRORS
from lenet.data import Digits, load_dataset
from lenet.metrics import Repeated
from lenet.original.distortions import Ranges, with_distortions
from lenet.original.engine import Weights, count_wrong, predict, train_1998
from lenet.original.recipe import Recipe1998
from lenet.studies import statistics
from lenet.studies.statistics import Runs, between, rates

QUESTION = "Does the network of the paper, trained as the paper says, reach its error?"
COPIES = 9  # distorted copies of each digit: 540,000 beside the 60,000
# Seeds, training digits (fewer as in the paper's Fig. 6) and copies.
KINDS = ((10, 60_000, 0), (5, 15_000, 0), (5, 30_000, 0), (5, 60_000, COPIES))
RANGES = Ranges().times(shift=0.25, shape=0.5)  # chosen in the study `ranges`
MEMBERS = [
    {"seed": seed, "num_train": size, "copies": copies}
    for num_seeds, size, copies in KINDS
    for seed in range(num_seeds)
]


def run(seed: int, num_train: int, copies: int) -> dict:
    """Train on the first digits; count the test errors after each pass, as Fig. 5 does.

    Nothing depends on the test errors. With distorted copies the set grows and a pass
    does not: twenty passes of 60,000 present each of the 600,000 twice.
    """
    dataset, recipe = load_dataset("mnist"), Recipe1998(digits_per_pass=num_train)
    train = with_distortions(dataset.train[:num_train], copies, RANGES, seed)
    ranges = {"ranges": asdict(RANGES)} if copies else {}
    return ranges | train_and_count(train, dataset.read_test(), recipe, seed, {})


def train_and_count(
    train: Digits, test: Digits, recipe: Recipe1998, seed: int, fixed: Weights
) -> dict:
    """Train; return what is stored of a run, with the test errors after each pass.

    The errors on training digits are of those without distortions, which come first and
    are as many as a pass has.
    """
    test_errors = []
    weights, online_errors = train_1998(
        train, recipe, seed, lambda w: test_errors.append(count_wrong(w, test)), fixed
    )
    free = weights.keys() - fixed.keys()
    return {
        "recipe": asdict(recipe),
        "num_parameters": sum(weights[name].size for name in free),
        "online_errors": online_errors,
        "test_errors": test_errors,
        "num_test": len(test),
        "train_errors": count_wrong(weights, train[: recipe.digits_per_pass]),
        "misread": statistics.misread(predict(weights, test.images), test.labels),
    }


def errors_after(runs: Runs, number: int = 0) -> Repeated:
    """Return the test error rates after a pass, counted from 1; 0 is the last one."""
    counts = (run["test_errors"][number - 1] for run in runs)
    return rates(counts, runs[0]["num_test"])


def online_errors(runs: Runs, number: int) -> Repeated:
    """Return the error rates in a pass, each digit judged just before it is learnt."""
    counts = (run["online_errors"][number - 1] for run in runs)
    return rates(counts, _pass_size(runs))


def training_errors(runs: Runs) -> Repeated:
    """Return the error rates on the undistorted training digits after the last pass."""
    return rates((run["train_errors"] for run in runs), _pass_size(runs))


def _pass_size(runs: Runs) -> int:
    return runs[0]["recipe"]["digits_per_pass"]


FIG_5 = {"test": errors_after, "train": online_errors}  # how its curves are counted


def outside(runs: Runs, part: str) -> list[int]:
    """Return the passes whose error in the paper's Fig. 5 one more run would not have.

    It lies outside the 95 % prediction interval of these runs after as many passes. The
    part of the figure is "test" or "train".
    """
    found, paper = [], curves_1998()["fig5"][f"{part}_error_pct"]
    for number, error in enumerate(paper[: len(runs[0]["test_errors"])], 1):
        low, high = FIG_5[part](runs, number).prediction_interval
        found += [number] * (not low <= error <= high)
    return found


def against(ones: Repeated, others: Repeated) -> str:
    """Write the difference of two means, such as ``−0.40 points (−1.01 to +0.21)``."""
    interval = statistics.welch_interval(ones, others)
    return statistics.change(ones.mean - others.mean, interval)


def spread(error: Repeated) -> list[str | int]:
    """Return the cells of an error rate: seeds, mean, interval of the mean."""
    return [len(error.values), f"{error.mean:.3f} %", between(error.interval, 3)]


def table(groups: dict[str, Runs]) -> style.Rows:
    """List the final error rates of the four groups of runs beside the paper's."""
    fig6, fig8 = curves_1998()["fig6"], 100 * len(errors_1998()) / NUM_TEST
    papers = [*fig6["test_error"][:2], 100 * PAPER_TEST_ERRORS.rate, fig8]
    fitted = [*(f"{each:.2f} %" for each in fig6["train_error"][:3]), "–"]
    rows = [["Trained on", "Seeds", "Test error", "95 % interval", "SD", "Paper"]]
    rows[0] += ["Training error", "95 % interval", "Paper"]
    for (name, runs), paper, fit in zip(groups.items(), papers, fitted, strict=True):
        test, train = errors_after(runs), training_errors(runs)
        row = [name, *spread(test), f"{test.sd:.3f}", f"{paper:.2f} %"]
        rows.append([*row, train.percent, train.interval_percent, fit])
    return rows


def figure(runs: Runs):
    """Draw error rates over passes: ours, mean and range, over the paper's Fig. 5."""
    paper, passes = curves_1998()["fig5"], range(1, 1 + len(runs[0]["test_errors"]))
    with style.new_figure(3.3) as (figure, ((axes,),)):
        for part, name, line, marker, color in (
            ("test", "test", "--", "s", style.VERMILION),
            ("train", "training", "-", "o", style.BLUE),
        ):
            ours = np.transpose([FIG_5[part](runs, n).values for n in passes])
            label = f"{name}, {len(runs)} seeds: mean and range"
            statistics.draw_runs(axes, passes, ours, line, color, label)
            printed, label = paper[f"{part}_error_pct"], f"{name}, paper's Fig. 5"
            hollow = {"color": style.GREY, "mfc": "none", "label": label}
            axes.plot(paper["passes"], printed, marker, **hollow)
        style.label_losses(axes)
        axes.set_xlabel("Pass over the training digits")
        axes.set_ylabel("Error rate (%, logarithmic)")
    first, last = (errors_after(runs, number).mean for number in (1, 0))
    printed = paper["test_error_pct"]
    return figure, (
        f"Line chart of error rates, on a logarithmic axis, over {len(passes)} passes: "
        f"the mean test error of {len(runs)} runs goes from {first:.2f} to {last:.2f} "
        f"%, that of the paper from {printed[0]:.2f} to {printed[-1]:.2f} %."
    )


def hardest(test: Digits, runs: Runs):
    """Draw the 24 of the 82 digits of 1998 that most runs misread again."""
    then, again = errors_1998(), statistics.times_misread(runs)
    titles = {
        index: f"true {test.labels[index]}, then {then[index]}\nnow: "
        f"{statistics.commonest_answer(runs, index)} ({again[index]}/{len(runs)})"
        for index in [index for index in again if index in then][:24]
    }
    alt = (
        f"Grid of {len(titles)} of the 82 test digits that were misclassified in 1998, "
        f"those that most of {len(runs)} runs misclassify again first."
    )
    return style.digit_grid(test.images, titles, columns=8), alt

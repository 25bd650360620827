"""Which digits are misread, as what, and whether they are those of 1998."""

from collections.abc import Container, Sequence

import numpy as np
from scipy.stats import hypergeom
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

from lenet.annotations import NUM_STUDENT_TEST, NUM_TEST, errors_1998, label_errors
from lenet.claims import Claim
from lenet.data import Digits
from lenet.figures import BLUE, Rows, digit_grid, new_figure
from lenet.metrics import Proportion, Repeated
from lenet.predict import Prediction
from lenet.studies.statistics import (
    Runs,
    commonest_answer,
    errors_within,
    scientific,
    times_misread,
)

STUDENTS, STAFF = range(NUM_STUDENT_TEST), range(NUM_STUDENT_TEST, NUM_TEST)
TIMES_CHANCE = 10  # how often the digits of 1998 must recur, in multiples of chance
COLUMNS, MOST_ROWS = 12, 11  # of a gallery on one page


def halves_ratio(runs: Runs) -> Repeated:
    """Return how many errors the students' digits give for one of the staff's."""
    both = (errors_within(runs, part).values for part in (STUDENTS, STAFF))
    return Repeated(tuple(first / last for first, last in zip(*both, strict=True)))


def in_1998(indices: Container[int]) -> int:
    """Count the errors of 1998 among the test digits with the given indices."""
    return sum(index in indices for index in errors_1998())


def by_chance(run: dict):
    """Return the law of errors on the 82 digits, if a run's errors fell at random."""
    return hypergeom(run["num_test"], len(errors_1998()), len(run["misread"]))


def claims(runs: Runs) -> list[Claim]:
    """Judge what is said of the halves of the test set and of the errors of 1998."""
    seeds = f"{len(runs)} seeds"
    first, last = (errors_within(runs, part).mean for part in (STUDENTS, STAFF))
    again = errors_within(runs, errors_1998()).values
    pairs = zip(again, runs, strict=True)
    least = float(min(count / by_chance(run).mean() for count, run in pairs))
    return [
        Claim(
            "The first 5,000 test digits are cleaner and easier.",
            "an easier first half",
            f"errors {first:.0f} to {last:.0f}; in 1998 {in_1998(STUDENTS)} to "
            f"{in_1998(STAFF)}",
            "the mean errors on them are fewer than on the others",
            first < last,
            "MNIST page",
            seeds,
        ),
        Claim(
            f"The {len(errors_1998())} digits misread in 1998 are still the hard ones.",
            "the digits of 1998",
            f"{min(again)} to {max(again)} of them misread again, at least "
            f"{least:.0f} times as many as by chance",
            f"each seed misreads at least {TIMES_CHANCE} times as many as by chance",
            least >= TIMES_CHANCE,
            "this report",
            seeds,
        ),
    ]


def parts(runs: Runs) -> Rows:
    """Count errors by part of the test set, over seeds and in 1998."""
    whole, rejected = range(NUM_TEST), set(label_errors())
    sets = {
        "All": whole,
        "First: students (SD-1)": STUDENTS,
        "Last: Census staff (SD-3)": STAFF,
        "Labels that reviewers rejected": rejected,
        "All others": set(whole) - rejected,
    }
    rows = []
    for name, indices in sets.items():
        now, then, num = errors_within(runs, indices), in_1998(indices), len(indices)
        rates = [f"{100 * errors / num:.2f} %" for errors in (now.mean, then)]
        ends = f"{min(now.values)}–{max(now.values)}"
        rows.append([name, num, f"{now.mean:.1f}", ends, rates[0], then, rates[1]])
    header = ["Test digits", "Digits", "Errors, mean", "Range", "Rate"]
    return [[*header, "In 1998", "Rate"], *rows]


def overlap(groups: dict[str, Sequence[dict]]) -> Rows:
    """Count the digits of 1998 that are misread again, beside what chance would do.

    Args:
        groups: for each name, runs with ``misread`` and ``num_test``; the numbers are
            means over them, and the probability is the largest.
    """
    answers, rows = errors_1998(), []
    for name, runs in groups.items():
        counts = []
        for run in runs:
            read = {int(index): answer for index, answer in run["misread"].items()}
            again, same = (read.keys() & answers), (read.items() & answers.items())
            law = by_chance(run)
            sizes = [len(each) for each in (read, again, same)]
            counts.append([*sizes, law.mean(), law.sf(len(again) - 1)])
        *means, _ = np.mean(counts, 0)
        worst = scientific(max(count[-1] for count in counts))
        rows.append([name, len(runs), *(f"{mean:.1f}" for mean in means), worst])
    header = ["Trained on", "Runs", "Errors", "Of the 82", "Same answer", "By chance"]
    return [[*header, "p at most"], *rows]


def confusion(test: Digits, prediction: Prediction):
    """Draw the confusion matrix, and beside each row the error rate of its class."""
    matrix = confusion_matrix(test.labels, prediction.labels, labels=range(10))
    wrong = matrix - np.diag(matrix.diagonal())
    scale = {"vmin": 0, "vmax": 1.6 * max(1, wrong.max())}
    with new_figure(3.7, 1, 2) as (figure, ((left, right),)):
        display = ConfusionMatrixDisplay(wrong)
        display.plot(ax=left, cmap="Greys", colorbar=False, im_kw=scale)
        for cell, text in np.ndenumerate(display.text_):
            text.set(text=matrix[cell] or "·", fontsize=6 if cell[0] == cell[1] else 8)
        left.set(xlabel="Read as", ylabel="True class", aspect="auto")
        left.spines[:].set_visible(False)
        left.tick_params(length=0)
        rates = _class_rates(right, wrong.sum(1), matrix.sum(1))
    true, read = divmod(int(wrong.argmax()), 10)
    worst = max(range(10), key=lambda label: rates[label].rate)
    alt = (
        f"Confusion matrix of {len(test):,} test digits, {wrong.sum()} of them "
        f"misread; the commonest mistake is a {true} read as {read}, {wrong.max()} "
        "times. Beside it the error rate of each class, highest for "
        f"{worst}: {rates[worst].percent}."
    )
    return figure, alt


def _class_rates(axes, wrong, sizes) -> list[Proportion]:
    """Draw the error rates of the classes with Wilson's intervals, row by row."""
    rates = [Proportion(int(w), int(n)) for w, n in zip(wrong, sizes, strict=True)]
    percents = np.array([100 * each.rate for each in rates])
    ends = 100 * np.array([each.interval for each in rates]).T
    axes.errorbar(percents, range(10), xerr=abs(ends - percents), fmt="o", color=BLUE)
    axes.set(ylim=(9.5, -0.5), yticks=range(10), xlim=0)
    axes.set(xlabel="Error rate of the class (%)")
    return rates


def pages(shown: Sequence[int]) -> list[Sequence[int]]:
    """Cut a gallery into parts that each fit a page."""
    size = COLUMNS * MOST_ROWS
    return [shown[start : start + size] for start in range(0, len(shown), size)]


def gallery(digits: Digits, prediction: Prediction, shown: Sequence[int]):
    """Draw misread digits under "true→read"; mark those of 1998 and doubtful labels."""
    titles = {
        i: f"{digits.labels[i]}→{prediction.labels[i]}{'*' * (i in label_errors())}"
        for i in shown
    }
    first, last = (100 * float(prediction.confidence[shown[end]]) for end in (0, -1))
    figure = digit_grid(digits.images, titles, columns=COLUMNS, framed=errors_1998())
    alt = (
        f"Grid of {len(shown)} misread digits, each with its label and what was read, "
        f"in order of confidence from {first:.1f} to {last:.1f} %; {_again(shown)}."
    )
    return figure, alt


def hardest(digits: Digits, runs: Runs, num_digits: int = 36):
    """Draw the digits that most seeds misread, with the commonest wrong answer."""
    times = times_misread(runs)
    shown = list(times)[:num_digits]
    titles = {
        i: f"{digits.labels[i]}→{commonest_answer(runs, i)}  ({times[i]})"
        for i in shown
    }
    figure = digit_grid(digits.images, titles, columns=9, framed=errors_1998())
    alt = (
        f"Grid of the {len(shown)} test digits that most of {len(runs)} networks "
        f"misread, from {times[shown[0]]} down to {times[shown[-1]]} of them; "
        f"{_again(shown)}."
    )
    return figure, alt


def _again(shown: Sequence[int]) -> str:
    return f"{in_1998(shown)} of {len(shown)} are framed, as misread in 1998 too"

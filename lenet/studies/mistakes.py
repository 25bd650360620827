"""Which digits are misread, as what, and whether they are those of 1998."""

from collections.abc import Collection, Container, Sequence

import numpy as np
from scipy.stats import hypergeom
from sklearn.metrics import confusion_matrix

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
    """Return the distribution of errors on the 82 if a run's errors fell at random."""
    return hypergeom(run["num_test"], len(errors_1998()), len(run["misread"]))


def claims(runs: Runs) -> list[Claim]:
    """Judge what is said of the halves of the test set and of the errors of 1998."""
    seeds = f"{len(runs)} seeds"
    first, last = (errors_within(runs, half).mean for half in (STUDENTS, STAFF))
    then = f"{in_1998(STUDENTS)} to {in_1998(STAFF)}"
    again = errors_within(runs, errors_1998()).values
    ratios = [n / by_chance(run).mean() for n, run in zip(again, runs, strict=True)]
    return [
        Claim(
            "The first 5,000 test digits are cleaner and easier.",
            f"errors {first:.0f} to {last:.0f}; in 1998 {then}",
            "the mean errors on them are fewer than on the others",
            holds=first < last,
            source="MNIST page",
            runs=seeds,
        ),
        Claim(
            f"The {len(errors_1998())} digits misread in 1998 are still the hard ones.",
            f"{min(again)} to {max(again)} of them misread again, at least "
            f"{min(ratios):.0f} times as many as by chance",
            f"each seed misreads at least {TIMES_CHANCE} times as many as by chance",
            holds=bool(min(ratios) >= TIMES_CHANCE),
            source="this report",
            runs=seeds,
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
    rows = [["Test digits", "Digits", "Errors, mean", "Range", "Rate"]]
    rows[0] += ["In 1998", "Rate"]
    for name, indices in sets.items():
        now, then, num = errors_within(runs, indices), in_1998(indices), len(indices)
        ends = f"{min(now.values)}–{max(now.values)}"
        row = [name, num, f"{now.mean:.1f}", ends, f"{100 * now.mean / num:.2f} %"]
        rows.append([*row, then, f"{100 * then / num:.2f} %"])
    return rows


def overlap(groups: dict[str, Runs]) -> Rows:
    """Count the digits of 1998 that are misread again, in the mean of each group.

    Beside it is the mean number by chance, and the largest probability of as many.
    """
    rows = [["Trained on", "Runs", "Errors", "Of the 82", "Same answer", "By chance"]]
    rows[0].append("p at most")
    for name, runs in groups.items():
        found = np.array([_overlap(run) for run in runs])
        *means, _ = found.mean(0)
        worst = scientific(found[:, -1].max())
        rows.append([name, len(runs), *(f"{mean:.1f}" for mean in means), worst])
    return rows


def _overlap(run: dict) -> tuple[float, ...]:
    """Count errors, those of 1998, the same answers; the number by chance and its p."""
    read = {int(index): answer for index, answer in run["misread"].items()}
    again = len(read.keys() & errors_1998().keys())
    same = len(read.items() & errors_1998().items())
    chance = by_chance(run)
    return len(read), again, same, chance.mean(), chance.sf(again - 1)


def confusion(test: Digits, prediction: Prediction):
    """Draw the confusion matrix, and beside each row the error rate of its class."""
    matrix = confusion_matrix(test.labels, prediction.labels, labels=range(10))
    wrong = matrix - np.diag(matrix.diagonal())
    with new_figure(3.7, 1, 2) as (figure, ((left, right),)):
        left.imshow(wrong, "Greys", vmax=2 * max(1, wrong.max()), aspect="auto")
        for (label, pred), count in np.ndenumerate(matrix):
            size = 6 if label == pred else 8
            left.text(pred, label, count or "·", size=size, ha="center", va="center")
        left.set(xlabel="Read as", ylabel="True class")
        left.set(xticks=range(10), yticks=range(10))
        left.spines[:].set_visible(False)
        left.tick_params(length=0)
        rates = _class_rates(right, wrong.sum(1), matrix.sum(1))
    label, pred = divmod(int(wrong.argmax()), 10)
    worst = max(range(10), key=lambda label: rates[label].rate)
    return figure, (
        f"Confusion matrix of {len(test):,} test digits, {wrong.sum()} misread, most "
        f"often a {label} as {pred}. Beside it the error rates of the classes; the "
        f"highest is {rates[worst].percent}, of {worst}."
    )


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
    """Draw misread digits under "label→answer"; mark those of 1998, doubtful labels."""
    doubtful = label_errors()
    titles = {
        i: f"{digits.labels[i]}→{prediction.labels[i]}{'*' * (i in doubtful)}"
        for i in shown
    }
    first, last = (100 * float(prediction.confidence[shown[end]]) for end in (0, -1))
    figure = digit_grid(digits.images, titles, columns=COLUMNS, framed=errors_1998())
    return figure, (
        f"Grid of {len(shown)} misread digits, each with its label and answer, by "
        f"confidence from {first:.1f} to {last:.1f} %; {_again(shown)}."
    )


def hardest(digits: Digits, runs: Runs, num_digits: int = 36):
    """Draw the digits that most seeds misread, with the commonest wrong answer."""
    times = dict(times_misread(runs).most_common(num_digits))
    titles = {
        i: f"{digits.labels[i]}→{commonest_answer(runs, i)}  ({count})"
        for i, count in times.items()
    }
    figure = digit_grid(digits.images, titles, columns=9, framed=errors_1998())
    most, *_, least = times.values()
    return figure, (
        f"Grid of the {len(times)} test digits that most of {len(runs)} networks "
        f"misread, from {most} down to {least} of them; {_again(times)}."
    )


def _again(shown: Collection[int]) -> str:
    return f"{in_1998(shown)} of {len(shown)} are framed, as misread in 1998 too"

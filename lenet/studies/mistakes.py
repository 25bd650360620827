"""Which digits are misread, as what, and whether they are those of 1998."""

from collections.abc import Collection, Container, Sequence
from statistics import fmean

import numpy as np

from lenet.annotations import NUM_STUDENT_TEST, NUM_TEST, errors_1998, label_errors
from lenet.claims import Claim
from lenet.data import Digits
from lenet.metrics import Repeated
from lenet.predict import Prediction
from lenet.studies.statistics import (
    Runs,
    between,
    commonest_answer,
    errors_within,
    rates,
    times_misread,
)
from lenet.style import Rows, digit_grid

STUDENTS, STAFF = range(NUM_STUDENT_TEST), range(NUM_STUDENT_TEST, NUM_TEST)
COLUMNS, MOST = 14, 196  # digits in a row of the gallery, and in all of it


def halves_ratio(runs: Runs) -> Repeated:
    """Return how many errors the students' digits give for one of the staff's."""
    both = (errors_within(runs, half).values for half in (STUDENTS, STAFF))
    return Repeated(tuple(first / last for first, last in zip(*both, strict=True)))


def halves_ratio_interval(runs: Runs, drawn: Sequence[int]) -> tuple[float, float]:
    """Return the 95 % interval of that ratio over other digits, or over other writers.

    Args:
        runs: the runs, whose errors are added up digit by digit.
        drawn: the number of what each test digit was drawn with: its own, or its
            writer's. By the delta method on the logarithm of the ratio.
    """
    times, drawn = times_misread(runs), np.asarray(drawn)
    counts = np.array([times[index] for index in range(NUM_TEST)])
    parts = [(counts[half], drawn[half]) for half in (STUDENTS, STAFF)]
    middle = np.log(parts[0][0].mean() / parts[1][0].mean())
    half = 1.96 * sum(_relative_variance(*part) for part in parts) ** 0.5
    return float(np.exp(middle - half)), float(np.exp(middle + half))


def _relative_variance(counts: np.ndarray, drawn: np.ndarray) -> float:
    """Return the squared relative error of a mean of digits drawn in groups."""
    _, group = np.unique(drawn, return_inverse=True)
    sums, sizes = np.bincount(group, counts), np.bincount(group)
    residues, num = sums - counts.mean() * sizes, len(sizes)
    return num / (num - 1) * float((residues**2).sum()) / counts.sum() ** 2


def in_1998(indices: Container[int]) -> int:
    """Count the errors of 1998 among the test digits with the given indices."""
    return sum(index in indices for index in errors_1998())


def misread_again(runs: Runs) -> Repeated:
    """Return how many of the digits of 1998 each run misreads again, in per cent."""
    return rates(errors_within(runs, errors_1998()).values, len(errors_1998()))


def shared_errors(runs: Runs, others: Runs) -> Repeated:
    """Return which share of each other run's errors these make, mean in per cent.

    A run is not compared with itself.
    """
    shares = []
    for other in others:
        made, rest = {*other["misread"]}, [run for run in runs if run is not other]
        shares.append(fmean(len(made & {*run["misread"]}) / len(made) for run in rest))
    return rates(shares, 1)


def claims(runs: Runs, distorted: Runs) -> list[Claim]:
    """Judge what is said of the halves of the test set and of the errors of 1998.

    Args:
        runs: of LeNet-5 of today.
        distorted: of the network of 1998 with distortions, which the 82 errors are of.
    """
    seeds = f"{len(runs)} seeds"
    first, last = (errors_within(runs, half).mean for half in (STUDENTS, STAFF))
    then = f"{in_1998(STUDENTS)} to {in_1998(STAFF)}"
    again, usual = misread_again(runs).mean, shared_errors(runs, distorted)
    low, high = usual.prediction_interval
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
            f"The {len(errors_1998())} errors of 1998 are like those of one more run.",
            f"{again:.0f} % of them misread again; of the errors of our runs with "
            f"distortions {usual.mean:.0f} % (one more: {between((low, high), 0)})",
            "the share of them that LeNet-5 of today misreads lies where that of one "
            "more run of the network of 1998 with distortions would, 95 times in 100",
            holds=low <= again <= high,
            source="this report",
            runs=f"{len(runs)} and {len(distorted)} seeds",
            words=("not excluded", "excluded"),
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
    rows = [["Test digits", "Digits", "Errors, mean", "Range", "Rate now"]]
    rows[0] += ["In 1998", "Rate then"]
    for name, indices in sets.items():
        now, then, num = errors_within(runs, indices), in_1998(indices), len(indices)
        row = [name, num, f"{now.mean:.1f}", between(now.ends, 0, "")]
        row += [f"{100 * now.mean / num:.2f} %", then, f"{100 * then / num:.2f} %"]
        rows.append(row)
    return rows


def overlap(groups: dict[str, Runs]) -> Rows:
    """Count the digits of 1998 that are misread again, in the mean of each group.

    Beside it is the share of a run's errors that another run of the group shares.
    """
    rows = [["Trained on", "Runs", "Errors", "Of the 82", "Same answer"]]
    rows[0].append("Of another seed's errors")
    then = {(str(index), answer) for index, answer in errors_1998().items()}
    for name, runs in groups.items():
        errors = fmean(len(run["misread"]) for run in runs)
        again = errors_within(runs, errors_1998()).mean
        both = f"{again:.1f} ({misread_again(runs).mean:.0f} %)"
        same = fmean(len(run["misread"].items() & then) for run in runs)
        shared = f"{shared_errors(runs, runs).mean:.0f} %"
        rows.append([name, len(runs), f"{errors:.1f}", both, f"{same:.1f}", shared])
    return rows


def gallery(digits: Digits, prediction: Prediction, shown: Sequence[int]):
    """Draw misread digits under "label→answer"; mark those of 1998, doubtful labels."""
    stars = dict.fromkeys(label_errors(), "*")
    labels, answers = digits.labels, prediction.labels
    titles = {i: f"{labels[i]}→{answers[i]}{stars.get(i, '')}" for i in shown}
    figure = digit_grid(digits.images, titles, columns=COLUMNS, framed=errors_1998())
    return figure, (
        f"Grid of {len(shown)} misread digits, each with its label and answer, the "
        f"most confident mistake first; {_again(shown)}."
    )


def hardest(digits: Digits, runs: Runs):
    """Draw the digits that most seeds misread, with the commonest wrong answer."""
    times, labels = dict(times_misread(runs).most_common(36)), digits.labels
    answers = {i: f"{labels[i]}→{commonest_answer(runs, i)}" for i in times}
    titles = {i: f"{answers[i]}  ({times[i]})" for i in times}
    figure = digit_grid(digits.images, titles, columns=9, framed=errors_1998())
    most, *_, least = times.values()
    return figure, (
        f"Grid of the {len(times)} test digits that most of {len(runs)} networks "
        f"misread, from {most} down to {least} of them; {_again(times)}."
    )


def _again(shown: Collection[int]) -> str:
    return f"{in_1998(shown)} of {len(shown)} are framed, as misread in 1998 too"

"""The results of the stored studies, as numbers. Rates are in per cent."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from scipy.stats import t as student
from torch import Tensor

from lenet import claims
from lenet.data import Digits, to_input
from lenet.distort import hardships, transform
from lenet.history import NUM_STUDENT_TEST
from lenet.metrics import Repeated, Scores
from lenet.model import LeNet5
from lenet.train import EpochRecord

Runs = Sequence[dict]  # results of the members of a study
NUM_TEST = 10_000


def final_accuracies(runs: Runs, split: str) -> Repeated:
    """Return the accuracy of each run after its last epoch, on "train" or "val"."""
    last = [Scores(**run["history"][-1][split]) for run in runs]
    return Repeated(tuple(100 * scores.accuracy.rate for scores in last))


def final_errors(runs: Runs) -> Repeated:
    """Return the test error rate of each run after its last epoch."""
    return Repeated(tuple(100 - each for each in final_accuracies(runs, "val").values))


def error_rates(runs: Runs, part: str) -> Repeated:
    """Return the error rate of each run on a part that it stored as count and total."""
    return Repeated(
        tuple(100 * run[part]["count"] / run[part]["total"] for run in runs)
    )


def differences(ones: Repeated, others: Repeated) -> Repeated:
    """Return the differences of runs that belong together, seed by seed."""
    pairs = zip(ones.values, others.values, strict=True)
    return Repeated(tuple(one - other for one, other in pairs))


def ratios(ones: Repeated, others: Repeated) -> Repeated:
    """Return how many times as large the ones are as the others, seed by seed."""
    pairs = zip(ones.values, others.values, strict=True)
    return Repeated(tuple(one / other for one, other in pairs))


def one_more(runs: Repeated) -> tuple[float, float]:
    """Return the interval in which one more run would fall 95 times in 100."""
    num = len(runs.values)
    half = float(student.ppf(0.975, num - 1)) * runs.sd * (1 + 1 / num) ** 0.5
    return runs.mean - half, runs.mean + half


@dataclass(frozen=True)
class Spread:
    """Why a measured error rate varies, as standard deviations in points.

    Args:
        seeds: from seed to seed, on the same test digits.
        luck: what that would be if each digit were won or lost on its own.
        test_set: one run, from one set of so many test digits to another.
    """

    seeds: float
    luck: float
    test_set: float


def spread(runs: Runs, num_test: int = NUM_TEST) -> Spread:
    """Compare what another seed changes with what other test digits would change."""
    num = len(runs)
    share = np.array(list(missed(runs).values())) / num  # of runs that misread a digit
    rate = share.sum() / num_test
    luck = (share * (1 - share)).sum() / num_test**2 * num / (num - 1)
    seeds = np.std([len(run["misread"]) / num_test for run in runs], ddof=1)
    test_set = (rate * (1 - rate) / num_test) ** 0.5
    return Spread(*(100 * float(sd) for sd in (seeds, luck**0.5, test_set)))


def missed(runs: Runs) -> Counter[int]:
    """Count the runs that misread each test digit, the most missed first."""
    counts = Counter(int(index) for run in runs for index in run["misread"])
    return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))


def errors_within(runs: Runs, indices: Collection[int]) -> Repeated:
    """Count the errors of each run among the test digits with the given indices."""
    return Repeated(
        tuple(sum(int(index) in indices for index in run["misread"]) for run in runs)
    )


def histories(runs: Runs) -> list[list[EpochRecord]]:
    """Return the epochs of each run."""
    return [[EpochRecord.fromdict(epoch) for epoch in run["history"]] for run in runs]


def mean_gap(runs: Sequence[list[EpochRecord]], epoch: int) -> float:
    """Return how far test loss is above training loss after an epoch, over seeds."""
    return fmean(run[epoch].val.loss - run[epoch].train.loss for run in runs)


def lowest_epoch(runs: Sequence[list[EpochRecord]]) -> int:
    """Return the epoch, counted from 0, after which the mean test loss is lowest."""
    means = [
        fmean(record.val.loss for record in epoch) for epoch in zip(*runs, strict=True)
    ]
    return means.index(min(means))


def growth(starts: Sequence[Scores], ends: Sequence[Scores]) -> tuple[float, float]:
    """Return by how many per cent the mean loss and the mean number of errors grow."""
    losses, errors = (
        [fmean(read(scores) for scores in group) for group in (starts, ends)]
        for read in (lambda scores: scores.loss, lambda scores: scores.errors.count)
    )
    return 100 * (losses[1] / losses[0] - 1), 100 * (errors[1] / errors[0] - 1)


def halves(runs: Runs) -> tuple[Repeated, Repeated]:
    """Count the errors on the students' digits and on those of the Census staff."""
    cut = range(NUM_STUDENT_TEST), range(NUM_STUDENT_TEST, NUM_TEST)
    first, last = (errors_within(runs, indices) for indices in cut)
    return first, last


def loss_claims(runs: Runs) -> list[list[claims.Claim]]:
    """Judge what was said of the losses on each run; one list for each claim."""
    judged = [claims.judge_losses(history) for history in histories(runs)]
    return [list(each) for each in zip(*judged, strict=True)]


def hardship_errors(runs: Runs, name: str) -> Tensor:
    """Return ``(runs, levels)`` error rates under a hardship."""
    return torch.tensor(
        [[100 * e / run["num_test"] for e in run["errors"][name]] for run in runs]
    )


def error_at(runs: Runs, name: str, level: float) -> float:
    """Return the mean error rate at one level of a hardship."""
    index = hardships(0)[name].levels.index(level)
    return float(hardship_errors(runs, name)[:, index].mean())


def temperatures(runs: Runs) -> Repeated:
    """Return the temperature fitted on the validation digits of each run."""
    return Repeated(tuple(run["temperature"] for run in runs))


def refused_shares(runs: Runs) -> Repeated:
    """Return the share of digits, in per cent, to refuse for 0.5 % errors on the rest.

    The probabilities are those as trained.
    """
    counts = (run["as_trained"]["refused_for_half_a_percent"] for run in runs)
    return Repeated(tuple(100 * count / NUM_TEST for count in counts))


def left_rates(runs: Runs, kind: str) -> Tensor:
    """Return ``(runs, 101)`` error rates on what is left after refusing 0, 10, ... ."""
    left = torch.tensor([run[kind]["errors_left"] for run in runs])
    return 100 * left / (NUM_TEST - 10 * torch.arange(left.shape[1]))


@torch.no_grad()
def layer_maps(model: LeNet5, images: Tensor) -> dict[str, Tensor]:
    """Return the maps ``(N, maps, H, H)`` of C1, S2, C3, S4 and C5, squashed."""
    values, maps = to_input(images), {}
    for name, layer in model.feature_extractor.named_children():
        values = layer(values)
        maps[name.removesuffix("_tanh")] = values
    return maps


def likeness_after_shift(model: LeNet5, digits: Digits) -> dict[str, float]:
    """Correlate each layer's maps with those of the digits moved right by a pixel."""
    moved = transform(digits.images, shift=1)
    before, after = (
        {"input": x} | layer_maps(model, x) for x in (digits.images, moved)
    )
    return {
        name: float(
            torch.stack([before[name], after[name]]).flatten(1).corrcoef()[0, 1]
        )
        for name in before
    }

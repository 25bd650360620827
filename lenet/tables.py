"""The tables. Each function returns header, rows and alignment, by these names."""

from collections.abc import Sequence
from typing import TypedDict

from lenet import claims
from lenet.config import Config
from lenet.data import NUM_CLASSES, Dataset
from lenet.metrics import Proportion
from lenet.model import LeNet5, count_parameters, layer_facts
from lenet.train import EpochRecord


class Table(TypedDict):
    """The arguments of :func:`lenet.report.table` that say what is in a table."""

    header: list[str]
    rows: list[list[str | int]]
    align: str


def class_counts(dataset: Dataset) -> Table:
    """Count the digits of each class in both splits."""
    splits = {"Training": dataset.train, "Test": dataset.read_test()}
    header = ["", *map(str, range(NUM_CLASSES)), "all"]
    rows = [[name, *each.counts(), len(each)] for name, each in splits.items()]
    return Table(header=header, rows=rows, align="l" + "r" * (NUM_CLASSES + 1))


def layers(model: LeNet5) -> Table:
    """List the layers with output shape and parameters, here and in the paper."""
    facts = layer_facts(model)
    header = ["Layer", "Output", "Parameters", "In 1998"]
    rows = [
        [
            each.name.upper() if len(each.name) == 2 else each.name,
            " × ".join(map(str, each.output_shape)),
            each.num_parameters,
            each.paper_parameters,
        ]
        for each in facts
    ]
    paper = sum(each.paper_parameters for each in facts)
    return Table(
        header=header,
        rows=[*rows, ["**all**", "", count_parameters(model), paper]],
        align="llrr",
    )


def hyperparameters(config: Config) -> Table:
    """List what was chosen before the run."""
    rows = [
        ["Optimiser", "Adam, PyTorch's defaults"],
        ["Learning rate", f"{config.learning_rate:g}"],
        ["Digits per update", config.batch_size],
        ["Epochs", config.num_epochs],
        ["Random seed", config.seed],
    ]
    return Table(header=["Hyperparameter", "Value"], rows=rows, align="lr")


def results(
    model: LeNet5, history: Sequence[EpochRecord], test: Proportion, name: str
) -> Table:
    """Set a run beside the paper and the seed report."""
    paper, seed_report = claims.PAPER_TEST_ERRORS.complement, claims.SEED_REPORT_TEST
    tests = (paper, seed_report, test)
    paper_train = f"{100 * (1 - claims.PAPER_TRAIN_ERROR):.2f} %"
    train = (claims.SEED_REPORT_TRAIN.percent, history[-1].train.accuracy.percent)
    epochs = (claims.SEED_REPORT_EPOCHS, len(history))
    rows = [
        ["Digits", "MNIST", "MNIST", name],
        ["Parameters", 60_000, 61_706, count_parameters(model)],
        ["Training rule", "diagonal Levenberg–Marquardt", "Adam", "Adam"],
        ["Passes over the training digits", claims.PAPER_PASSES, *epochs],
        ["Training accuracy", paper_train, *train],
        ["**Test accuracy**", *(f"**{each.percent}**" for each in tests)],
        ["95 % interval", *(each.interval_percent for each in tests)],
        ["Errors", *(each.complement.count for each in tests)],
        ["Test digits", *(each.total for each in tests)],
    ]
    return Table(
        header=["", "Paper, 1998", "Seed report", "This run"], rows=rows, align="lrrr"
    )


def accuracies(conditions: dict[str, Proportion]) -> Table:
    """List what was read right under each condition."""
    rows = [
        [name, each.percent, each.interval_percent, each.complement.count, each.total]
        for name, each in conditions.items()
    ]
    header = ["Test digits", "Read right", "95 % interval", "Errors", "Digits"]
    return Table(header=header, rows=rows, align="lrrrr")


def verdicts(judged: Sequence[claims.Claim]) -> Table:
    """List claims, measurements, rules and verdicts."""
    rows = [[c.claim, c.measured, c.rule, f"**{c.verdict}**"] for c in judged]
    return Table(
        header=["Claim", "Measured", "It holds if", "Verdict"], rows=rows, align="llll"
    )

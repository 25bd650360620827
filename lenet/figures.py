"""The figures and tables of the first report.

A figure function returns the figure and its alternative text, a table function the rows
of the table.
"""

from collections.abc import Callable, Sequence
from math import ceil, log10
from textwrap import fill

import torch
from matplotlib.figure import Figure
from torch import Tensor

from lenet import claims, style
from lenet.config import Config
from lenet.data import Dataset, Digits
from lenet.metrics import Proportion
from lenet.model import IMAGE_SIZE, NUM_CLASSES, LeNet5, layer_outputs
from lenet.predict import Prediction
from lenet.style import Rows
from lenet.train import EpochRecord

# Trainable parameters of each layer in 1998 (sec. II-B); the output has fixed codes.
PAPER_PARAMETERS = {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120}
PAPER_PARAMETERS |= {"f6": 10_164, "output": 0}


def losses(history: Sequence[EpochRecord]):
    """Draw the losses over epochs, after each epoch and during it."""
    each = [(r.epoch, r.running_loss, r.train.loss, r.val.loss) for r in history]
    epochs, during, train, test = zip(*each, strict=True)
    with style.new_figure(3.1) as (figure, ((axes,),)):
        axes.plot(epochs, during, ":", c=style.GREY, label="training, during the epoch")
        axes.plot(epochs, train, "o-", c=style.BLUE, label="training, after the epoch")
        axes.plot(epochs, test, "s--", c=style.VERMILION, label="test, after the epoch")
        style.label_losses(axes)
    alt = (
        f"Line chart, log scale, of cross-entropy loss over {len(history)} epochs. "
        f"Training loss goes from {train[0]:.3f} to {train[-1]:.3f} nats per digit; "
        f"test loss goes from {test[0]:.3f} to {test[-1]:.3f}, with its lowest "
        f"value {min(test):.3f} after epoch {epochs[test.index(min(test))]}."
    )
    return figure, alt


def digit_columns(digits: Digits):
    """Draw the first four digits of each class, one column a class."""
    images, labels = digits.images, digits.labels
    columns = {str(i): images[labels == i][:4] for i in range(NUM_CLASSES)}
    alt = "Grid of digits: the first 4 of each class from 0 to 9, by column."
    return _columns(columns), alt


def changed_digits(digits: Digits, changes: dict[str, Callable[[Tensor], Tensor]]):
    """Draw three digits as they are and after each change, one column a change."""
    first = digits.images[:3]
    columns = {"as they are": first}
    columns |= {name: change(first) for name, change in changes.items()}
    alt = f"Grid of 3 digits, each shown {', '.join(columns)}."
    return _columns(columns), alt


def _columns(columns: dict[str, Tensor]) -> Figure:
    """Draw columns of equally many digits, each column under its name."""
    images = torch.stack([*columns.values()], 1).flatten(0, 1)
    titles = dict.fromkeys(range(len(images)), "")
    titles |= {place: fill(name, 13) for place, name in enumerate(columns)}
    return style.digit_grid(images, titles, columns=len(columns))


def prediction_grid(digits: Digits, prediction: Prediction):
    """Draw digits with what was read and what is true."""
    wrong = by_confidence(digits, prediction)
    alt = (
        f"Grid of the first {len(digits)} digits, each with the predicted class, its "
        f"probability and the true label; {len(wrong)} of them read wrongly."
    )
    return _readings(digits, prediction, range(len(digits)), wrong), alt


def mistakes(digits: Digits, prediction: Prediction, num_digits: int = 40):
    """Draw the mistakes of highest confidence, the most confident first."""
    wrong = by_confidence(digits, prediction)
    shown = wrong[:num_digits]
    alt = f"Grid of {len(shown)} misclassified digits out of {len(wrong)}, the most "
    alt += "confident first, each with what was read and what is true."
    return _readings(digits, prediction, shown, wrong), alt


def by_confidence(digits: Digits, prediction: Prediction) -> list[int]:
    """Return the indices of all misclassified digits, the most confident first."""
    wrong = (prediction.labels != digits.labels).nonzero().flatten()
    order = prediction.confidence[wrong].argsort(descending=True, stable=True)
    return wrong[order].tolist()


def _readings(digits: Digits, prediction: Prediction, shown: Sequence[int], wrong):
    """Draw digits under what was read, what is true, and how probable that reading is.

    The probability stands in whole per cents, but none below 1 as 100 %.
    """
    titles = {}
    for index in shown:
        probability = prediction.confidence[index]
        percent = "> 99.5 %" if probability > 0.995 else f"{100 * probability:.0f} %"
        read, true = prediction.labels[index], digits.labels[index]
        titles[index] = f"read {read}, true {true}\n{percent}"
    return style.digit_grid(digits.images, titles, columns=8, framed=wrong)


def class_counts(dataset: Dataset) -> Rows:
    """Count the digits of each class in both splits."""
    rows = [["", *map(str, range(NUM_CLASSES)), "all"]]
    for name, split in {"Training": dataset.train, "Test": dataset.read_test()}.items():
        counts = torch.bincount(split.labels, minlength=NUM_CLASSES)
        rows.append([name, *counts.tolist(), len(split)])
    return rows


def layers(model: LeNet5) -> Rows:
    """List the layers with output shape and parameters, here and in the paper."""
    blank = next(model.parameters()).new_zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE)
    sizes = dict.fromkeys(PAPER_PARAMETERS, 0)
    for name, parameter in model.named_parameters():
        sizes[name.split(".")[1]] += parameter.numel()
    rows = [["Layer", "Output", "Parameters", "In 1998"]]
    for name, output in layer_outputs(model, blank).items():
        shape = " × ".join(map(str, output.shape[1:]))
        title = name if name == "output" else name.upper()
        rows.append([title, shape, sizes[name], PAPER_PARAMETERS[name]])
    total = sum(PAPER_PARAMETERS.values())
    return [*rows, ["**all**", "", sum(sizes.values()), total]]


def hyperparameters(config: Config, adam: torch.optim.Adam, num_train: int) -> Rows:
    """List what was chosen before the run, and the updates that come of it."""
    (group,) = adam.param_groups
    return [
        ["Hyperparameter", "Value"],
        ["Step size α of Adam", f"{group['lr']:g}"],
        ["Decay rates β₁ and β₂", "{:g} and {:g}".format(*group["betas"])],
        ["Constant ε", f"$10^{{{log10(group['eps']):.0f}}}$"],
        ["Weight decay", f"{group['weight_decay']:g}"],
        ["Digits per update", config.batch_size],
        ["Epochs", config.num_epochs],
        ["Updates in all", config.num_epochs * ceil(num_train / config.batch_size)],
        ["Random seed", config.seed],
    ]


def results(num_epochs: int, train: Proportion, test: Proportion) -> Rows:
    """Set a run beside the paper, the earlier report and the public notebook."""
    paper, epochs = claims.PAPER_TEST_ERRORS.complement, claims.EARLIER_EPOCHS
    notebook = claims.NOTEBOOK_TRAIN, claims.NOTEBOOK_TEST
    runs = [
        ("Paper, 1998", 60_000, claims.PAPER_PASSES, claims.PAPER_TRAIN, paper),
        ("Earlier report", 61_706, epochs, claims.EARLIER_TRAIN, claims.EARLIER_TEST),
        ("Public notebook, stored log", 61_706, epochs, *notebook),
        ("**This run**", 61_706, num_epochs, train, test),
    ]
    rows = [["", "Parameters", "Epochs", "Training accuracy", "Test accuracy"]]
    rows[0] += ["95 % interval", "Test digits"]
    for *about, seen, unseen in runs:
        tested = f"**{unseen.percent}**", unseen.interval_percent, unseen.total
        rows.append([*about, seen.percent, *tested])
    return rows


def accuracies(conditions: dict[str, Proportion]) -> Rows:
    """List what was read right under each condition."""
    rows = [["Test digits", "Read right", "95 % interval", "Errors", "Digits"]]
    for name, each in conditions.items():
        errors = each.complement.count
        rows.append([name, each.percent, each.interval_percent, errors, each.total])
    return rows


def verdicts(judged: Sequence[claims.Claim]) -> Rows:
    """List claims, measurements, rules and verdicts."""
    rows = [[c.text, c.measured, c.rule, f"**{c.verdict}**"] for c in judged]
    return [["Claim", "Measured", "Rule", "Verdict"], *rows]

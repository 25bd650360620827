"""The figures of protocol, seeds, losses and errors: each with its alternative text."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from lenet import claims
from lenet.data import NUM_CLASSES, Digits
from lenet.evidence import measure
from lenet.evidence.measure import Runs
from lenet.metrics import Proportion, Repeated, confusion_matrix
from lenet.plots import BLUE, GREY, VERMILION, new_figure
from lenet.predict import Prediction


def protocol(splits: dict[str, Runs]):
    """Draw validation and test errors of each run, joined, for each kind of split."""
    with new_figure(2.7, 1, len(splits)) as (figure, (row,)):
        means = {}
        for axes, (name, runs) in zip(row, splits.items(), strict=True):
            pair = [measure.error_rates(runs, part) for part in ("val", "test")]
            axes.plot((0, 1), [each.values for each in pair], "o-", color=GREY, lw=0.9)
            means[name] = [each.mean for each in pair]
            axes.plot((0, 1), means[name], "_", color=VERMILION, ms=26, mew=2.4)
            for place, mean, side in zip((0, 1), means[name], (-1, 1), strict=True):
                where = {"xy": (place, mean), "xytext": (20 * side, 0)}
                align = {"ha": "left" if side > 0 else "right", "va": "center"}
                axes.annotate(
                    f"{mean:.2f}", **where, **align, textcoords="offset points"
                )
            axes.set_xticks((0, 1), ("validation", "test"))
            axes.set(xlim=(-0.6, 1.6), title=name)
        row[0].set_ylabel("Error rate (%)")
        _share_heights(row)
    each = "; ".join(f"{name}: {v:.2f} and {t:.2f} %" for name, (v, t) in means.items())
    alt = f"Dots for each run's validation and test error, joined; means for {each}."
    return figure, alt


def _share_heights(row) -> None:
    ends = np.array([axes.get_ylim() for axes in row])
    for axes in row:
        axes.set_ylim(ends[:, 0].min(), ends[:, 1].max())


def accuracies(seeds: Runs):
    """Draw every seed's training and test accuracy beside the seed report's numbers."""
    claimed = {"train": claims.SEED_REPORT_TRAIN, "val": claims.SEED_REPORT_TEST}
    names = {"train": "Training accuracy (%)", "val": "Test accuracy (%)"}
    words = []
    with new_figure(3.2, 2) as (figure, grid):
        for axes, (split, number) in zip(grid[:, 0], claimed.items(), strict=True):
            found = measure.final_accuracies(seeds, split)
            _strip(axes, found, 100 * number.rate)
            axes.set(xlabel=names[split])
            words.append(
                f"{names[split][:-4]}: mean {found.mean:.2f} %, from "
                f"{min(found.values):.2f} to {max(found.values):.2f} %, seed report "
                f"{number.percent}"
            )
        test = measure.final_accuracies(seeds, "val")
        _band(grid[1, 0], test, seeds[0]["history"][-1]["val"]["num_examples"])
    alt = f"Two strips of {len(seeds)} dots, one a seed. {'. '.join(words)}."
    return figure, alt


def _strip(axes: Axes, found: Repeated, claimed: float) -> None:
    """Put a dot for each run, the mean with its interval, and the number claimed."""
    places = np.random.default_rng(0).uniform(-0.28, 0.28, len(found.values))
    axes.plot(found.values, places, "o", color=BLUE, alpha=0.75, mec="none")
    low, high = found.interval
    sides = [[found.mean - low], [high - found.mean]]
    axes.errorbar(found.mean, -0.62, xerr=sides, fmt="D", color="black", capsize=3)
    left = claimed > found.mean  # keep the words off the line of the claim
    words = {"ha": "right" if left else "left", "textcoords": "offset points"}
    place = (low if left else high, -0.62)
    axes.annotate("mean, 95 % interval", place, (-8 if left else 8, -3), **words)
    axes.axvline(claimed, color=VERMILION, ls="--")
    axes.annotate(
        f"seed report {claimed:.2f}",
        (claimed, 0.62),
        (4, 0),
        textcoords="offset points",
    )
    axes.set(ylim=(-0.95, 0.9), yticks=[])
    axes.spines["left"].set_visible(False)


def _band(axes: Axes, found: Repeated, num_test: int) -> None:
    """Shade what one set of so many digits leaves uncertain about a single run."""
    rate = found.mean / 100
    half = 196 * (rate * (1 - rate) / num_test) ** 0.5
    axes.axvspan(found.mean - half, found.mean + half, color=GREY, alpha=0.15, lw=0)
    text = f"±{half:.2f}: what {num_test:,} test digits leave open"
    place = (found.mean - half, 0.62)
    axes.annotate(text, place, (3, 0), textcoords="offset points", fontsize=8)


def loss_bands(seeds: Runs):
    """Draw the losses over the epochs: mean and range over the seeds."""
    histories = measure.histories(seeds)
    curves = {
        "training": [[record.train.loss for record in each] for each in histories],
        "test": [[record.val.loss for record in each] for each in histories],
    }
    styles = (("o-", BLUE), ("s--", VERMILION))
    with new_figure(3.0) as (figure, ((axes,),)):
        for (name, losses), (line, color) in zip(curves.items(), styles, strict=True):
            losses = torch.tensor(losses)
            epochs = range(1, 1 + losses.shape[1])
            low, high, mean = losses.amin(0), losses.amax(0), losses.mean(0)
            axes.fill_between(epochs, low, high, color=color, alpha=0.2, lw=0)
            axes.plot(epochs, mean, line, color=color, label=f"{name}, after the epoch")
            curves[name] = mean.tolist()
        axes.set(xlabel="Epoch", ylabel="Cross-entropy loss (nats per digit)", ylim=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)
    train, test = curves["training"], curves["test"]
    alt = (
        f"Line chart of the mean losses of {len(seeds)} seeds over {len(test)} epochs, "
        f"with bands for their range. Training falls from {train[0]:.3f} to "
        f"{train[-1]:.3f} nats per digit, test from {test[0]:.3f} to {test[-1]:.3f}; "
        f"the test loss is lowest at {min(test):.3f}."
    )
    return figure, alt


def confusion(test: Digits, prediction: Prediction):
    """Draw the confusion matrix, and beside each row the error rate of its class."""
    matrix = confusion_matrix(test.labels, prediction.labels)
    wrong = matrix - matrix.diag().diag()
    with new_figure(3.7, 1, 2) as (figure, ((left, right),)):
        left.imshow(
            wrong.numpy(), cmap="Greys", vmin=0, vmax=1.6 * max(1, int(wrong.max()))
        )
        for (row, column), count in np.ndenumerate(matrix.numpy()):
            size = 6 if row == column else 8
            text = str(count) if count else "·"
            left.text(column, row, text, ha="center", va="center", fontsize=size)
        left.set(xticks=range(NUM_CLASSES), yticks=range(NUM_CLASSES))
        left.set(xlabel="Read as", ylabel="True class", aspect="auto")
        left.spines[:].set_visible(False)
        left.tick_params(length=0)
        rates = _class_rates(right, matrix)
    worst = max(range(NUM_CLASSES), key=lambda label: rates[label].rate)
    cell = divmod(int(wrong.argmax()), NUM_CLASSES)
    alt = (
        f"Confusion matrix of {len(test):,} test digits, {int(wrong.sum())} of them "
        f"misread; the commonest mistake is a {cell[0]} read as {cell[1]}, "
        f"{int(wrong.max())} times. Beside it the error rate of each class, highest "
        f"for {worst}: {rates[worst].percent}."
    )
    return figure, alt


def _class_rates(axes: Axes, matrix: Tensor) -> list[Proportion]:
    """Draw the error rates of the classes with Wilson's intervals, row by row."""
    rates = [
        Proportion(int(row.sum() - row[label]), int(row.sum()))
        for label, row in enumerate(matrix)
    ]
    percents = [100 * each.rate for each in rates]
    ends = 100 * np.array([each.interval for each in rates]).T
    sides = np.abs(ends - percents)
    axes.errorbar(percents, range(NUM_CLASSES), xerr=sides, fmt="o", color=BLUE)
    axes.set(ylim=(NUM_CLASSES - 0.5, -0.5), yticks=range(NUM_CLASSES), xlim=0)
    axes.set(xlabel="Error rate of the class (%)")
    return rates

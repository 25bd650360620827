"""What other recipes and other numbers of training digits give."""

from operator import itemgetter
from statistics import fmean, median

from matplotlib.ticker import FixedLocator, NullLocator

from lenet import claims
from lenet.config import Config
from lenet.evidence.measure import Runs, error_rates
from lenet.evidence.summary import GOALS
from lenet.evidence.tables import between
from lenet.history import curves_1998
from lenet.metrics import Repeated
from lenet.plots import BLUE, GREY, VERMILION, new_figure
from lenet.tables import Table

HEADINGS = ["Epochs", "Batch", "Rate", "Distortion", "Shift"]


def choices(runs: Runs) -> Table:
    """List the recipes tried: with distortions, then without; best validation first."""
    groups: dict[tuple, list[dict]] = {}
    for run in runs:
        groups.setdefault(_settings(run), []).append(run)
    rows = []
    for settings, group in groups.items():
        val, train = (_percents(group, part) for part in ("val", "train"))
        spread = f"{min(val):.2f}–{max(val):.2f}" if len(val) > 1 else "–"
        numbers = [f"{fmean(val):.2f} %", spread, f"{fmean(train):.2f} %"]
        row = [*_shown(settings), len(group), *numbers]
        rows.append(((settings[-1] == 0, fmean(val)), row))
    header = [*HEADINGS, "Seeds", "Validation error", "Range (%)", "Training error"]
    ordered = [row for _, row in sorted(rows, key=itemgetter(0))]
    return Table(header=header, rows=ordered, align="r" * 9)


def _percents(runs: Runs, part: str) -> list[float]:
    return [100 * run[part]["count"] / run[part]["total"] for run in runs]


def finals(recipes: dict[str, Runs]) -> Table:
    """List the mean test accuracies of the chosen recipes beside their goals."""
    rows = []
    for name, runs in recipes.items():
        errors = error_rates(runs, "test")
        accuracy = Repeated(tuple(100 - error for error in errors.values))
        reached = "reached" if accuracy.mean >= GOALS[name] else "missed"
        numbers = [f"{accuracy.mean:.2f} %", between(accuracy.interval)]
        numbers += [f"{accuracy.sd:.2f}", f"{GOALS[name]:.2f} %", reached]
        rows.append([name, _in_words(runs[0]), len(runs), *numbers])
    header = ["Recipe", "Settings", "Seeds", "Test accuracy", "95 % interval", "SD"]
    return Table(header=[*header, "Goal", ""], rows=rows, align="llrrrrrl")


def _settings(run: dict) -> tuple:
    config = Config(**run["config"])
    shift = config.distortion * config.shift
    sizes = (config.num_epochs, config.batch_size, config.learning_rate)
    return *sizes, config.distortion, shift


def _in_words(run: dict) -> str:
    return ", ".join(str(value) for value in _shown(_settings(run)))


def _shown(settings: tuple) -> list:
    *sizes, rate, distortion, shift = settings
    return [*sizes, *(f"{value:g}" for value in (rate, distortion, shift))]


def seconds(taken: dict[str, list[float]]) -> tuple[float, float]:
    """Return what `make bench` took for the quick recipe, and for the seed report's."""
    epochs = claims.SEED_REPORT_EPOCHS
    return median(taken["quick recipe"]), epochs * median(taken["seed report"])


def sizes_1998(original: Runs) -> dict[int, Repeated]:
    """Return the error rates of the network of 1998, built here, by training digits."""
    groups: dict[int, list[float]] = {}
    for run in original:
        error = 100 * run["test_errors"][-1] / run["num_test"]
        groups.setdefault(run["recipe"]["digits_per_pass"], []).append(error)
    return {size: Repeated(tuple(errors)) for size, errors in sorted(groups.items())}


def by_size(runs: Runs) -> dict[int, Repeated]:
    """Return the test error rates by number of training digits, smallest first."""
    groups: dict[int, list[dict]] = {}
    for run in runs:
        groups.setdefault(run["train"]["total"], []).append(run)
    return {size: error_rates(groups[size], "test") for size in sorted(groups)}


def learning_curve(ours: dict[int, Repeated], old: dict[int, Repeated]):
    """Draw test errors over the number of training digits, now and in 1998."""
    paper = curves_1998()["fig6"]
    with new_figure(3.3) as (figure, ((axes,),)):
        style = {"color": BLUE, "label": "LeNet-5 of today"}
        _sizes(axes, ours, "o-", style)
        style = {"color": VERMILION, "label": "network of 1998, trained here"}
        _sizes(axes, old, "s--", style)
        style = {"color": GREY, "markerfacecolor": "none", "label": "paper's Fig. 6"}
        axes.plot(paper["train_size"], paper["test_error"], "D:", **style)
        axes.set(xscale="log", yscale="log", xlabel="Training digits, log scale")
        axes.set_ylabel("Test error rate (%), log scale")
        axes.set_xticks(list(ours), [f"{size:,}" for size in ours])
        axes.yaxis.set_major_locator(FixedLocator([0.5, 1, 2, 5, 10]))
        axes.yaxis.set_major_formatter("{x:g}")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())
        axes.legend(frameon=False)
    first, last = min(ours), max(ours)
    alt = (
        f"Line chart of the mean test error over the number of training digits. It "
        f"falls from {ours[first].mean:.2f} % with {first:,} to "
        f"{ours[last].mean:.2f} % with {last:,}; that of the network of 1998 ends at "
        f"{old[last].mean:.2f} %."
    )
    return figure, alt


def _sizes(axes, errors: dict[int, Repeated], line: str, style: dict) -> None:
    means = [each.mean for each in errors.values()]
    ends = [
        [each.mean - min(each.values) for each in errors.values()],
        [max(each.values) - each.mean for each in errors.values()],
    ]
    axes.errorbar(list(errors), means, ends, fmt=line, capsize=2.5, **style)


def sizes(ours: dict[int, Repeated], old: dict[int, Repeated]) -> Table:
    """List test errors by number of training digits, now and in 1998."""
    paper = curves_1998()["fig6"]
    printed = dict(zip(paper["train_size"], paper["test_error"], strict=True))
    rows = []
    for size, errors in ours.items():
        then = f"{old[size].mean:.2f} %" if size in old else "–"
        told = f"{printed[size]:.2f} %" if size in printed else "–"
        numbers = [len(errors.values), f"{errors.mean:.2f} %", between(errors.interval)]
        rows.append([f"{size:,}", *numbers, then, told])
    header = ["Training digits", "Seeds", "Test error", "95 % interval"]
    header += ["Network of 1998, here", "Paper, Fig. 6"]
    return Table(header=header, rows=rows, align="rrrrrr")

"""Bring the README's numbers and figure up to date with the published results.

`make report` calls this after the notebooks; a test finds the README to agree with what
is stored, so that no number in it is ever typed by hand.
"""

from io import BytesIO
from pathlib import Path
from textwrap import wrap

from lenet import bench, figures
from lenet.config import RECIPES
from lenet.files import write_atomically
from lenet.metrics import Proportion, Repeated
from lenet.record import load_record, machine
from lenet.report.display import pipe_table
from lenet.studies.runner import load_stored, results
from lenet.studies.statistics import between, error_rates, rates
from lenet.train import EpochRecord

README, REPORTS = Path("README.md"), Path("reports")
FIGURE = REPORTS / "lenet5-mnist-losses.png"


def main() -> None:
    """Rewrite the marked blocks of README.md and the figure that it shows."""
    record, picture = load_record(REPORTS), BytesIO()
    text = filled(README.read_text(), record, bench.load_bench())
    figure, _ = figures.losses(_history(record))
    figure.savefig(picture, dpi=150, metadata={"Software": None})
    write_atomically(FIGURE, picture.getvalue())
    write_atomically(README, text.encode())


def filled(text: str, record: dict, timing: dict) -> str:
    """Return the README's text with the results between its marks.

    Raises:
        ValueError: if the marks are not there.
    """
    speed = "\n".join(wrap(bench.sentence(timing), 88))
    for name, content in {"result": result(record), "bench": speed}.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not closed:
            raise ValueError(f"README.md has no {begin} ... {end}: put them back")
        text = f"{before}{begin}\n{content}\n{end}{after}"
    return text


def result(record: dict) -> str:
    """Write the figure, the table and the run's circumstances as Markdown."""
    history = _history(record)
    test = Proportion(record["test"]["num_correct"], record["test"]["num_examples"])
    _, alt = figures.losses(history)
    rows = figures.results(len(history), history[-1].train.accuracy, test)
    rows += [*(_recipe(name) for name in RECIPES), _network_of_1998()]
    return (
        f"![{alt}]({FIGURE.as_posix()})\n\n"
        f"{pipe_table(rows)}\n\n"
        f"This run: {len(history)} epochs, seed {record['config']['seed']}, "
        f"{record['seconds']:.0f} s on {machine(record)}, "
        f"PyTorch {record['versions']['torch']}, {record['date']}."
    )


def _history(record: dict) -> list[EpochRecord]:
    return [EpochRecord.fromdict(values) for values in record["history"]]


def _recipe(name: str) -> list:
    """Write the row of the same network trained by another recipe."""
    runs = results(load_stored("recipes"), recipe=name)
    link = f"[{name}](notebooks/lenet5_evidence.ipynb)"
    train, test = (error_rates(runs, part) for part in ("train", "test"))
    return _row(link, 61_706, RECIPES[name].num_epochs, train, test)


def _network_of_1998() -> list:
    runs = results(load_stored("replication"), num_train=60_000, copies=0)
    train = rates((run["train_errors"] for run in runs), [60_000] * len(runs))
    test = rates((run["test_errors"][-1] for run in runs), [10_000] * len(runs))
    link = "[The network of 1998](notebooks/lenet5_1998.ipynb)"
    return _row(link, 60_000, len(runs[0]["test_errors"]), train, test)


def _row(name: str, size: int, epochs: int, train: Repeated, test: Repeated) -> list:
    """Write a row of means over seeds; the interval is that of the mean."""
    low, high = test.interval
    accuracies = [f"{100 - train.mean:.2f} %", f"**{100 - test.mean:.2f} %**"]
    name = f"{name}, {len(test.values)} seeds"
    return [name, size, epochs, *accuracies, between((100 - high, 100 - low)), 10_000]


if __name__ == "__main__":
    main()

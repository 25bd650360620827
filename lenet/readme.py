"""Bring the README's numbers and figure up to date with the published run.

`make report` calls this after the notebook; a test finds the README to agree with the
record, so that no number in it is ever typed by hand.
"""

import re
from io import BytesIO
from pathlib import Path
from textwrap import wrap

from lenet import bench, claims, plots
from lenet.config import RECIPES
from lenet.files import write_whole
from lenet.metrics import Proportion, Repeated
from lenet.record import load_bench, load_record
from lenet.studies.study import load_stored, results
from lenet.train import EpochRecord

BENCH = "<!-- bench: written by make bench -->", "<!-- end of bench -->"
FIGURE = "lenet5-mnist-losses.png"
RESULT = "<!-- result: written by make report -->", "<!-- end of result -->"


def main(root: Path = Path()) -> None:
    """Rewrite the marked blocks of README.md and the figure that it shows."""
    reports, readme = root / "reports", root / "README.md"
    record, bench_record = load_record(reports), load_bench(reports / "bench.json")
    text = filled(readme.read_text(), record, bench_record)
    write_figure(record, reports / FIGURE)
    write_whole(readme, text.encode())


def filled(text: str, record: dict, bench_record: dict) -> str:
    """Return the README's text with what was measured between its marks.

    Raises:
        ValueError: if the marks are not there.
    """
    text = _fill(text, *RESULT, result(record))
    return _fill(text, *BENCH, "\n".join(wrap(bench.sentence(bench_record), 88)))


def _fill(text: str, begin: str, end: str, content: str) -> str:
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if not pattern.search(text):
        raise ValueError(f"README.md has no {begin!r} ... {end!r}: put them back")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text, count=1)


def result(record: dict) -> str:
    """Write the figure, the table and the run's circumstances as Markdown."""
    history = [EpochRecord.fromdict(values) for values in record["history"]]
    test = Proportion(record["test"]["num_correct"], record["test"]["num_examples"])
    _, alt = plots.losses(history)
    hardware, versions = record["hardware"], record["versions"]
    paper = claims.PAPER_TEST_ERRORS.complement
    rows = [
        ("Paper, 1998", f"{100 * (1 - claims.PAPER_TRAIN_ERROR):.2f} %", paper),
        ("Seed report", claims.SEED_REPORT_TRAIN.percent, claims.SEED_REPORT_TEST),
        ("**This run**", history[-1].train.accuracy.percent, test),
    ]
    lines = [
        f"![{alt}](reports/{FIGURE})",
        "",
        "| | Training accuracy | Test accuracy | 95 % interval | Test digits |",
        "|:--|--:|--:|--:|--:|",
        *(
            f"| {name} | {train} | {each.percent} | {each.interval_percent} "
            f"| {each.total:,} |"
            for name, train, each in rows
        ),
        *recipe_rows(),
        original_row(),
        "",
        f"This run: {len(history)} epochs, seed {record['config']['seed']}, "
        f"{record['seconds']:.0f} s on {hardware['device']} with "
        f"{hardware['threads']} threads, PyTorch {versions['torch']}, "
        f"{record['date']}.",
    ]
    return "\n".join(lines)


def original_row() -> str:
    """Write the row of the network of 1998."""
    runs = results(load_stored("original"), num_train=60_000, copies=0)
    return _row(
        "[The network of 1998](notebooks/lenet5_1998.ipynb)",
        [Proportion(run["train_errors"], 60_000) for run in runs],
        [Proportion(run["test_errors"][-1], run["num_test"]) for run in runs],
    )


def recipe_rows() -> list[str]:
    """Write the rows of the same network trained by other recipes."""
    rows = []
    for recipe in RECIPES:
        runs = results(load_stored("recipes"), recipe=recipe)
        num_epochs = runs[0]["config"]["num_epochs"]
        name = f"[{recipe} recipe](notebooks/lenet5_evidence.ipynb)"
        errors = [[Proportion(**r[part]) for r in runs] for part in ("train", "test")]
        rows.append(_row(f"The {name}, {num_epochs} epochs", *errors))
    return rows


def _row(name: str, train: list[Proportion], test: list[Proportion]) -> str:
    """Write a row of means over seeds; the interval is that of the mean."""
    trained, read = (
        Repeated(tuple(100 * each.complement.rate for each in errors))
        for errors in (train, test)
    )
    low, high = read.interval
    return (
        f"| **{name}, {len(test)} seeds** | {trained.mean:.2f} % | {read.mean:.2f} % "
        f"| {low:.2f}–{high:.2f} % | {test[0].total:,} |"
    )


def write_figure(record: dict, path: Path) -> None:
    """Draw the loss figure of a run."""
    history = [EpochRecord.fromdict(values) for values in record["history"]]
    figure, _ = plots.losses(history)
    content = BytesIO()
    figure.savefig(content, dpi=150, metadata={"Software": None})
    write_whole(path, content.getvalue())


if __name__ == "__main__":
    main()

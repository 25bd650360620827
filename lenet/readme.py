"""Bring the README's table and pictures up to date with the published results.

`make report` calls this after the notebooks; a test finds the README to agree with what
is stored, so that no number in it is ever typed by hand.
"""

from pathlib import Path

import nbformat

from lenet import claims
from lenet.files import write_atomically
from lenet.metrics import Proportion, Repeated
from lenet.record import load_record, machine
from lenet.report.display import pipe_table
from lenet.report.reading import find_figures, vector
from lenet.studies import recipes, seeds
from lenet.studies.runner import load_stored, results
from lenet.studies.statistics import rates

README, REPORTS = Path("README.md"), Path("reports")
NOTEBOOK = Path("notebooks") / "lenet5_mnist.ipynb"
PICTURES = {
    "fig-network": REPORTS / "lenet5-mnist-network.svg",
    "fig-loss": REPORTS / "lenet5-mnist-losses.svg",
}
BEST = "60 epochs with distortions"
BEGIN, END = "<!-- result: generated -->", "<!-- end of result -->"


def main() -> None:
    """Rewrite the marked part of README.md and the pictures that it shows."""
    figures = find_figures(nbformat.read(NOTEBOOK, as_version=4))
    text = filled(README.read_text(), load_record(REPORTS), figures)
    for label, path in PICTURES.items():
        write_atomically(path, vector(figures[label]).encode())
    write_atomically(README, text.encode())


def filled(text: str, record: dict, figures: dict[str, dict]) -> str:
    """Return the README's text with the results between its marks.

    Raises:
        ValueError: if the marks are not there.
    """
    before, _, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not closed:
        raise ValueError(f"README.md has no {BEGIN} ... {END}: put them back")
    network, losses = (
        f"![{figures[label]['alt']}]({path.as_posix()})"
        for label, path in PICTURES.items()
    )
    about = (
        f"Accuracies on MNIST's 10,000 test digits, with Wilson's 95 % interval for as "
        f"many digits; of several runs the mean. This run: {len(record['history'])} "
        f"epochs, seed {record['config']['seed']}, {record['seconds']:.0f} s on "
        f"{machine(record)}, {record['date']}."
    )
    content = "\n\n".join([network, pipe_table(table(record)), about, losses])
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def table(record: dict) -> list[list]:
    """Set this run beside the paper, the earlier report and the stored studies."""
    test = Proportion(record["test"]["num_correct"], record["test"]["num_examples"])
    others = seeds.accuracies(results(load_stored("seeds")), "val")
    best = recipes.accuracies(load_stored("recipes"), BEST)
    of_1998 = results(load_stored("replication"), num_train=60_000, copies=0)
    right = rates((10_000 - run["test_errors"][-1] for run in of_1998), 10_000)
    second, third = "notebooks/lenet5_evidence.ipynb", "notebooks/lenet5_1998.ipynb"
    runs = [
        ("Paper, 1998", 60_000, 1, claims.PAPER_TEST_ERRORS.complement),
        ("Earlier report", 61_706, 1, claims.EARLIER_TEST),
        ("**This run**", 61_706, 1, test),
        (f"[The same with other seeds]({second})", 61_706, *_mean(others)),
        (f"[{BEST}]({second})", 61_706, *_mean(best)),
        (f"[The network of 1998, trained here]({third})", 60_000, *_mean(right)),
    ]
    rows = [["", "Parameters", "Runs", "Test accuracy", "95 % interval"]]
    for *about, accuracy in runs:
        rows.append([*about, f"**{accuracy.percent}**", accuracy.interval_percent])
    return rows


def _mean(runs: Repeated) -> tuple[int, Proportion]:
    """Return the number of runs and their mean, as a share of 10,000 digits."""
    return len(runs.values), Proportion(round(100 * runs.mean), 10_000)


if __name__ == "__main__":
    main()

"""The tables of the evidence. Each function returns header, rows and alignment."""

from collections.abc import Sequence

from lenet import claims
from lenet.evidence import measure
from lenet.evidence.measure import NUM_TEST, Runs
from lenet.history import NUM_STUDENT_TEST, errors_1998, label_errors
from lenet.metrics import Repeated, signed
from lenet.original import tables as original
from lenet.tables import Table

REFUSED_1998 = {  # per cent refused for 0.5 % errors on the rest (Fig. 10)
    "Boosted LeNet-4": 0.5,
    "LeNet-4/local": 1.4,
    "LeNet-4": 1.8,
    "SVM": 1.8,
    "LeNet-1": 3.7,
}


def between(bounds: tuple[float, float], unit: str = " %") -> str:
    """Write an interval with two decimals, such as ``98.7–98.9 %``."""
    low, high = bounds
    return f"{low:.2f}–{high:.2f}{unit}"


def protocol(splits: dict[str, Runs]) -> Table:
    """Set validation errors beside test errors, for each kind of split."""
    rows = []
    for name, runs in splits.items():
        val, test = (measure.error_rates(runs, part) for part in ("val", "test"))
        gap = measure.differences(val, test)
        low, high = gap.interval
        sizes = sum(run["num_train"] for run in runs) / len(runs)
        rates = [f"{each.mean:.2f} %" for each in (val, test)]
        interval = f"{signed(low)} to {signed(high)}"
        rows.append([name, f"{sizes:,.0f}", *rates, signed(gap.mean), interval])
    header = ["Split", "Trained on", "Validation error", "Test error", "Difference"]
    return Table(header=[*header, "95 % interval"], rows=rows, align="lrrrrr")


def accuracies(seeds: Runs) -> Table:
    """Summarise the last epoch over seeds; rank the seed report's numbers."""
    claimed = {"train": claims.SEED_REPORT_TRAIN, "val": claims.SEED_REPORT_TEST}
    rows = []
    for split, name in {"train": "Training", "val": "Test"}.items():
        runs, number = measure.final_accuracies(seeds, split), claimed[split]
        below = sum(value < 100 * number.rate for value in runs.values)
        ends = (min(runs.values), max(runs.values))
        rows.append(
            [
                name,
                f"{runs.mean:.2f} %",
                between(runs.interval),
                f"{runs.sd:.3f}",
                between(ends),
                number.percent,
                f"{below} of {len(seeds)}",
            ]
        )
    header = ["Accuracy", "Mean", "95 % interval", "SD", "Range", "Seed report"]
    return Table(header=[*header, "Seeds below it"], rows=rows, align="lrrrrrr")


def loss_claims(seeds: Runs) -> Table:
    """Say on how many seeds each claim on the losses holds."""
    rows = [
        [
            judged[0].claim,
            judged[0].rule,
            f"{sum(c.holds for c in judged)} of {len(judged)}",
        ]
        for judged in measure.loss_claims(seeds)
    ]
    return Table(header=["Claim", "It holds if", "Seeds"], rows=rows, align="llr")


def parts(seeds: Runs) -> Table:
    """Count errors by part of the test set, over seeds and in 1998."""
    rejected = set(label_errors())
    whole = range(NUM_TEST)
    sets = {
        "All": whole,
        "First: students (SD-1)": range(NUM_STUDENT_TEST),
        "Last: Census staff (SD-3)": range(NUM_STUDENT_TEST, NUM_TEST),
        "Labels that reviewers rejected": rejected,
        "All others": set(whole) - rejected,
    }
    rows = []
    for name, indices in sets.items():
        now = measure.errors_within(seeds, indices)
        then = sum(index in indices for index in errors_1998())
        ends = f"{min(now.values)}–{max(now.values)}"
        rates = [f"{100 * errors / len(indices):.2f} %" for errors in (now.mean, then)]
        rows.append(
            [name, len(indices), f"{now.mean:.1f}", ends, rates[0], then, rates[1]]
        )
    header = ["Test digits", "Digits", "Errors, mean", "Range", "Rate"]
    return Table(header=[*header, "In 1998", "Rate"], rows=rows, align="lrrrrrr")


def overlap(seeds: Runs, groups: dict[str, Sequence[dict]]) -> Table:
    """Count the digits of 1998 that are misread again, beside chance."""
    today = [{"num_test": NUM_TEST} | run for run in seeds]
    found = original.overlap({"60,000, LeNet-5 of today": today} | groups)
    return found | {"header": ["Network and digits", *found["header"][1:]]}


def calibration(writer: Runs) -> Table:
    """Compare the probabilities before and after the temperature."""
    rows = []
    for kind, name in {"as_trained": "As trained", "scaled": "Scaled"}.items():
        runs = [run[kind] for run in writer]
        nll = Repeated(tuple(run["negative_log_likelihood"] for run in runs))
        ece = Repeated(tuple(100 * run["reliability"]["error"] for run in runs))
        mean = measure.temperatures(writer).mean if kind == "scaled" else 1.0
        rows.append([name, f"{mean:.2f}", f"{nll.mean:.4f}", f"{ece.mean:.2f}"])
    header = ["Probabilities", "Temperature", "Loss (nats per digit)"]
    header.append("Calibration error (points)")
    return Table(header=header, rows=rows, align="lrrr")


def refused(writer: Runs) -> Table:
    """Set the share to refuse for 0.5 % errors beside the other networks of 1998."""
    found = measure.refused_shares(writer)
    rows = [
        [name, "paper, Fig. 10", f"{per:.1f} %"] for name, per in REFUSED_1998.items()
    ]
    ours = f"{found.mean:.2f} % ({between(found.interval)})"
    rows.append(["LeNet-5 of today", f"here, mean of {len(writer)} seeds", ours])
    header = ["Network", "Source", "Refused for 0.5 % errors on the rest"]
    return Table(header=header, rows=rows, align="llr")

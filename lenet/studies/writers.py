"""Validation digits by writers who are also in the training set, or by new ones."""

from dataclasses import asdict

from scipy.stats import ttest_1samp, wilcoxon

from lenet.annotations import split_by_writer
from lenet.claims import Claim
from lenet.config import Config
from lenet.data import Dataset, load_dataset, split_train_val
from lenet.fit import fit
from lenet.metrics import Repeated
from lenet.studies import probabilities
from lenet.studies.statistics import (
    Runs,
    change,
    count_errors,
    differences,
    error_rates,
    signed,
    signed_between,
)
from lenet.style import Rows

QUESTION = "Is a random validation split easier, and are the probabilities calibrated?"
ENOUGH, LIKELY = 10, 0.05  # seeds, and p below which a difference is settled
SPLITS = {"random": split_train_val, "writer": split_by_writer}
NAMES = {"random": "random split", "writer": "writer-disjoint split"}
MEMBERS = [{"seed": seed, "split": kind} for seed in range(10) for kind in SPLITS]


def run(seed: int, split: str, dataset: Dataset | None = None) -> dict:
    """Train on what the split leaves; score the test digits once, at the end."""
    config, dataset = Config(seed=seed), dataset or load_dataset("mnist")
    train, val = SPLITS[split](dataset.train, config.val_size, seed)
    model, history = fit(config, train, val, print_every=0)
    test = dataset.read_test()
    return {
        "config": asdict(config),
        **count_errors(model, train=train, val=val, test=test),
        "history": [asdict(record) for record in history],
        **probabilities.measure(model, val, test),
    }


def gap(splits: dict[str, Runs]) -> Repeated:
    """Return how much higher the error is on new writers, paired by seed."""
    random, writer = (error_rates(splits[kind], "val") for kind in SPLITS)
    return differences(writer, random)


def p_values(found: Repeated) -> tuple[float, float]:
    """Return p of paired differences by Student's test and by the signed-rank test."""
    tests = ttest_1samp(found.values, 0), wilcoxon(found.values)
    return tuple(float(test.pvalue) for test in tests)


def settled(found: Repeated) -> bool:
    """Say whether there are enough seeds, and both tests show a difference."""
    return len(found.values) >= ENOUGH and max(p_values(found)) < LIKELY


def beyond_test(runs: Runs) -> Repeated:
    """Return validation error minus test error of each run, in points."""
    return differences(*(error_rates(runs, part) for part in ("val", "test")))


def claim(splits: dict[str, Runs]) -> Claim:
    """Judge whether a random validation split is as hard as one of new writers."""
    found = gap(splits)
    paired, ranked = p_values(found)
    return Claim(
        "A random validation split is as hard as new writers are.",
        f"new writers {change(found.mean, found.interval)}; "
        f"p = {paired:.2g}, by ranks {ranked:.2g}",
        f"{ENOUGH} seeds or more give p < {LIKELY} both by a t test paired by seed and "
        "by a signed-rank test. It is open otherwise, since no runs can show that two "
        "errors are equal",
        holds=False if settled(found) else None,
        source="usual practice",
        words=("does not hold", "does not hold"),
        runs=f"{len(found.values)} seeds",
    )


def protocol_table(splits: dict[str, Runs]) -> Rows:
    """Set validation errors beside test errors, for each kind of split."""
    rows = [["Split", "Trained on", "Validation error", "Test error", "Difference"]]
    rows[0].append("95 % interval")
    for kind, runs in splits.items():
        val, test = (error_rates(runs, part) for part in ("val", "test"))
        beyond = beyond_test(runs)
        size = sum(run["train"]["total"] for run in runs) / len(runs)
        row = [NAMES[kind], round(size), val.percent, test.percent]
        rows.append([*row, signed(beyond.mean), signed_between(beyond.interval)])
    return rows

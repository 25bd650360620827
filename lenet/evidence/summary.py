"""All findings in one list: each claim by its rule on its stored study."""

from collections.abc import Sequence

from lenet import claims
from lenet.evidence import hardship, rules
from lenet.evidence.measure import error_rates, final_errors
from lenet.evidence.rules import Finding
from lenet.studies.study import load_stored, results
from lenet.tables import Table

STUDIES = ("seeds", "writers", "hardship", "sizes", "recipe_choices", "recipes")
STUDIES += ("original",)
GOALS = {
    "better": 99.40,
    "longer": 99.40,
    "fast": 98.89,
    "quick": 98.89,
}  # per cent, stated before


def load_studies() -> dict[str, dict]:
    """Read the stored studies that the evidence comes from."""
    return {name: load_stored(name) for name in STUDIES}


def findings(studies: dict[str, dict]) -> list[Finding]:
    """Judge every claim, in the order of the report."""
    seeds = results(studies["seeds"])
    splits = [results(studies["writers"], split=kind) for kind in ("random", "writer")]
    trained = [results(studies["hardship"], trained=kind) for kind in hardship.STYLES]
    half = error_rates(results(studies["sizes"], num_train=30_000), "test")
    return [
        rules.random_split(*splits),
        rules.repeats(seeds, "train", "training", claims.SEED_REPORT_TRAIN),
        rules.repeats(seeds, "val", "validation", claims.SEED_REPORT_TEST),
        *rules.losses(seeds),
        rules.easier_half(seeds),
        rules.same_digits(seeds),
        rules.calibrated(splits[1]),
        *hardship.findings(*trained),
        *_goals(studies["recipes"]),
        rules.more_digits(half, final_errors(seeds)),
    ]


def _goals(recipes: dict) -> list[Finding]:
    return [
        rules.goal(results(recipes, recipe=recipe), f"The {recipe} recipe", least)
        for recipe, least in GOALS.items()
    ]


def summary(found: Sequence[Finding]) -> Table:
    """List claims, who makes them, what was measured, on how much, and verdicts."""
    rows = [[f.claim, f.source, f.measured, f.num, f"**{f.verdict}**"] for f in found]
    header = ["Claim", "Who claims it", "Measured", "n", "Verdict"]
    return Table(header=header, rows=rows, align="lllll")


def rule_list(found: Sequence[Finding]) -> str:
    """Write a list of what makes each claim hold; claims under one rule go together."""
    claims_by_rule: dict[str, list[str]] = {}
    for finding in found:
        claims_by_rule.setdefault(finding.rule, []).append(finding.claim)
    return "\n".join(
        f"- *{' '.join(under)}* It holds if {rule}."
        for rule, under in claims_by_rule.items()
    )


def origins(studies: dict[str, dict]) -> Table:
    """List the stored studies: what each asks, its number of runs, and its hours."""
    rows = []
    for name, stored in studies.items():
        hours = sum(each["seconds"] for each in stored["members"]) / 3600
        rows.append(
            [f"`{name}`", stored["question"], len(stored["members"]), f"{hours:.1f}"]
        )
    header = ["Study", "Question", "Runs", "Core hours"]
    return Table(header=header, rows=rows, align="llrr")


def topics(found: Sequence[Finding], source: str) -> str:
    """Say how many of a source's claims hold, such as ``2 of 7 claims hold``."""
    theirs = [finding for finding in found if finding.source == source]
    holding = sum(finding.holds is True for finding in theirs)
    return f"{holding} of {len(theirs)} claims hold{'s' * (holding == 1)}"

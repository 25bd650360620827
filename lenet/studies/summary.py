"""All claims of the evidence, and the stored studies that they rest on."""

from collections.abc import Sequence

from lenet.claims import Claim
from lenet.studies import (
    calibration,
    corruption,
    mistakes,
    recipes,
    resizing,
    seeds,
    sizes,
    writers,
)
from lenet.studies.runner import TODAY, core_hours, load_stored, results
from lenet.style import Rows


def load_studies() -> dict[str, dict]:
    """Read the stored studies that the evidence comes from."""
    return {name: load_stored(name) for name in (*TODAY, "replication")}


def claims(studies: dict[str, dict]) -> list[Claim]:
    """Judge every claim, in the order of the report."""
    runs = results(studies["seeds"])
    splits = {kind: results(studies["writers"], split=kind) for kind in writers.SPLITS}
    return [
        writers.claim(splits),
        *seeds.claims(runs),
        resizing.claim(resizing.by_digits(results(studies["resizing"]), runs)),
        *mistakes.claims(runs, results(studies["replication"], copies=9)),
        calibration.claim(splits["writer"]),
        *corruption.claims(studies["corruption"]),
        *recipes.claims(studies["recipes"]),
        sizes.claim(studies["sizes"], studies["seeds"]),
    ]


def claim_table(judged: Sequence[Claim]) -> Rows:
    """List claims, who makes them, what was measured, on how much, and verdicts."""
    rows = [["Claim", "Who claims it", "Measured", "n", "Verdict"]]
    for each in judged:
        verdict = each.verdict if each.rule else "not testable here"
        row = [each.text, each.source, each.measured, each.runs, f"**{verdict}**"]
        rows.append(row)
    return rows


def rule_list(judged: Sequence[Claim]) -> str:
    """Write a list of what makes each claim hold; claims under one rule go together."""
    texts: dict[tuple[str, str], list[str]] = {}
    for claim in filter(lambda each: each.rule, judged):
        texts.setdefault((claim.words[0], claim.rule), []).append(claim.text)
    return "\n".join(
        f"- {word.capitalize()} if {rule}: *{' '.join(claims)}*"
        for (word, rule), claims in texts.items()
    )


def origins(studies: dict[str, dict]) -> Rows:
    """List the stored studies: what each asks, its number of runs, and its hours."""
    rows = [["Study", "Question", "Runs", "Core hours"]]
    for name, stored in studies.items():
        num = len(stored["members"])
        rows.append([f"`{name}`", stored["question"], num, core_hours(stored)])
    return rows

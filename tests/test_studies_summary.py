"""The summary: every claim with its verdict and rule, every study with its origin."""

import json
import re

import pytest

from lenet.claims import Claim
from lenet.studies import runner, summary


def test_claims_are_listed_with_verdicts_under_their_rules_and_by_source():
    judged = [
        Claim("One.", "so much", "a rule", True, "us", "3 seeds"),
        Claim("Two.", "so much", "another", None, "us"),
        Claim("Three.", "so much", "a rule", False, "us"),
        Claim("Four.", "so much", "another", True, "them"),
    ]
    rows = summary.claim_table(judged)[1:]
    assert rows[0] == ["One.", "us", "so much", "3 seeds", "**holds**"]
    assert [row[-1] for row in rows[1:3]] == ["**open**", "**does not hold**"]
    first, second = summary.rule_list(judged).splitlines()
    assert first == "- Holds if a rule: *One. Three.*"
    assert second == "- Holds if another: *Two. Four.*"
    without_rule = Claim("One.", "so much", "", None)
    assert summary.claim_table([without_rule])[1][-1] == "**not testable here**"
    assert summary.rule_list([without_rule]) == ""


def test_the_evidence_judges_every_claim_once_and_names_its_origins():
    studies = summary.load_studies()
    judged = summary.claims(studies)
    assert len({claim.text for claim in judged}) == len(judged) == 22
    assert sum(claim.source == "earlier report" for claim in judged) == 6
    assert not any("probability" in c.text and "report" in c.source for c in judged)
    rows = {row[0]: row for row in summary.origins(studies)[1:]}
    seconds = sum(each["seconds"] for each in studies["seeds"]["members"])
    assert rows["`seeds`"][2:] == [20, f"{seconds / 3600:.1f}"]


@pytest.mark.parametrize("name", ["evidence", "1998"])
def test_every_reference_can_be_found_and_is_cited(name):
    notebook = (runner.ROOT / "notebooks" / f"lenet5_{name}.ipynb").read_text()
    cells = json.loads(notebook)["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    listed = re.findall(r'^(\d+)\. <a id="(ref-\w+)"></a>(.*)$', text, re.MULTILINE)
    cited = set(re.findall(r"\[\[(\d+)\]\]\(#(ref-\w+)\)", text))
    assert cited == {(number, key) for number, key, _ in listed}
    assert all(re.search("doi:10|arXiv:|https?://", entry) for *_, entry in listed)

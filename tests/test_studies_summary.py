"""The summary: every claim is judged, every reference found."""

import json
import re

import pytest

from lenet.studies import runner, summary


def test_the_evidence_judges_every_claim_once():
    judged = summary.claims(summary.load_studies())
    assert len({claim.text for claim in judged}) == len(judged) == 22
    assert sum(claim.source == "earlier report" for claim in judged) == 6
    assert not any("probability" in c.text and "report" in c.source for c in judged)


@pytest.mark.parametrize("name", ["evidence", "1998"])
def test_every_reference_can_be_found_and_is_cited(name):
    notebook = (runner.ROOT / "notebooks" / f"lenet5_{name}.ipynb").read_text()
    cells = json.loads(notebook)["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    listed = re.findall(r'^(\d+)\. <a id="(ref-\w+)"></a>(.*)$', text, re.MULTILINE)
    cited = set(re.findall(r"\[\[(\d+)\]\]\(#(ref-\w+)\)", text))
    assert cited == {(number, key) for number, key, _ in listed}
    assert all(re.search("doi:10|arXiv:|https?://", entry) for *_, entry in listed)

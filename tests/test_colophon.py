import re

from lenet import colophon
from lenet.studies.runner import ROOT


def test_every_link_under_the_byline_leads_to_a_file():
    links = re.findall(r"\]\(([^)]+)\)", colophon.colophon()["links"])
    assert len(links) == 3 * 4 + 2
    for link in links:
        assert (ROOT / "notebooks" / link).exists(), link


def test_the_version_names_the_commit_in_a_clone_and_nothing_elsewhere(monkeypatch):
    in_a_clone = r"version \d+\.\d+\.\d+ \(commit [0-9a-f]{10}\+?\)"
    if (ROOT / ".git").exists():
        assert re.fullmatch(in_a_clone, colophon.colophon()["version"])
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert re.fullmatch(r"version \d+\.\d+\.\d+", colophon.colophon()["version"])


def test_the_citation_is_bibtex_of_this_report():
    entry = colophon.bibtex("1998")
    assert entry.startswith("```bibtex\n@misc{lenet5-1998,\n")
    assert entry.count("{") == entry.count("}")
    assert f"title  = {{{colophon.REPORTS['1998']}}}" in entry
    assert re.search(r"year   = \{20\d\d\},\n  month  = \{1?\d\}", entry)
    assert re.search(r"note   = \{Version \d", entry)

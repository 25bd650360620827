"""Who made a report, when, by which code, where the others are, and how to cite it."""

from importlib.metadata import metadata

from lenet.record import RECORD, WEIGHTS, environment

REPORTS = {
    "mnist": "LeNet-5 on MNIST, repeated and tested",
    "evidence": "LeNet-5 on MNIST: what the numbers are worth",
    "1998": "LeNet-5 as it was in 1998",
}


def colophon() -> dict[str, str]:
    """Say by whom, when and by which code a report is made, and link all reports."""
    about, package = environment(), metadata("lenet")
    commit = f" (commit {about['commit']})" if about["commit"] else ""
    reports = (_report_links(name, title) for name, title in REPORTS.items())
    return {
        "authors": package["Author"],
        "date": about["date"],
        "version": f"version {package['Version']}{commit}",
        "links": f"The three reports: {'; '.join(reports)}. The "
        f"first comes with the [weights](../reports/{WEIGHTS}) and the "
        f"[record](../reports/{RECORD}) of its run.",
        "keywords": "LeNet-5, MNIST, convolutional network, reproduction, PyTorch",
    }


def _report_links(name: str, title: str) -> str:
    here, file = f"lenet5_{name}.ipynb", f"../reports/lenet5-{name}"
    files = f"[HTML]({file}.html), [PDF]({file}.pdf), [notebook](../notebooks/{here})"
    return f"[{title}]({here}) ({files})"


def bibtex(name: str) -> str:
    """Write how to cite a report, as one fenced block of BibTeX."""
    about = colophon()
    year, month, _ = about["date"].split("-")
    fields = {
        "author": f"{{{about['authors']}}}",
        "title": REPORTS[name],
        "year": year,
        "month": month.lstrip("0"),
        "note": about["version"].capitalize(),
    }
    lines = [f"  {key:6} = {{{value}}}," for key, value in fields.items()]
    return "\n".join([f"```bibtex\n@misc{{lenet5-{name},", *lines, "}\n```"])

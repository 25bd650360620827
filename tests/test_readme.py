"""The README: its numbers are the run's, its commands and links are there."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from PIL import Image, ImageDraw

from lenet.readme import NOTEBOOK, PICTURES, filled
from lenet.record import load_record
from lenet.report.reading import find_figures, vector

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def make(*arguments, **environment):
    command, env = ["make", *arguments], os.environ | environment
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=True)
    return done.stdout.decode()


def test_numbers_and_pictures_are_those_of_the_published_run():
    figures = find_figures(nbformat.read(ROOT / NOTEBOOK, as_version=4))
    assert filled(README, load_record(ROOT / "reports"), figures) == README
    for label, path in PICTURES.items():
        assert (ROOT / path).read_text() == vector(figures[label])
    with pytest.raises(ValueError, match="put them back"):
        filled("", {}, {})


def test_the_first_page_is_short():
    assert len(README.splitlines()) <= 95


def test_make_alone_lists_the_targets_and_the_readme_names_no_other():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.M))
    assert set(re.findall(r"^make ([a-z-]+)", make(), re.M)) == targets
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)", README, re.M))
    assert {"report", "test", "lab", "check-studies", "study"} <= named <= targets


def test_make_works_in_an_environment_whose_path_holds_a_space():
    shown = make("--dry-run", "lint", VIRTUAL_ENV="/my own/env")
    assert '"/my own/env/bin/python" -m pip install' in shown
    assert '"/my own/env/bin/python" -m ruff check .' in shown


def test_every_relative_link_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) > 8
    for link in links:
        assert (ROOT / link).exists(), link


def test_the_python_examples_run_as_they_stand(tmp_path, monkeypatch):
    picture = Image.new("L", (200, 200), "white")
    ImageDraw.Draw(picture).line([(100, 30), (100, 170)], fill="black", width=16)
    picture.save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATASET", "sample")
    reading, training = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(reading, names := {})
    assert names["prediction"].labels.tolist() == [1]
    exec(training, names := {})
    assert len(names["history"]) == 3
    assert names["schedule"].get_last_lr() == [pytest.approx(1e-3 / 8)]


def test_ci_runs_the_commands_of_the_readme():
    commands = (ROOT / ".ci" / "run").read_text().splitlines()[-2:]
    assert commands == ["make test", "make check-studies"]


def test_the_lock_pins_every_dependency_and_conda_installs_by_it():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert {"pip": ["-c requirements.lock", "-e ."]} in environment["dependencies"]
    wanted = {re.split(r"[<>=]", line)[0] for line in PROJECT["dependencies"]}
    lines = (ROOT / "requirements.lock").read_text().split()
    locked = dict(line.split("==") for line in lines)
    assert wanted <= locked.keys()
    assert not any("+" in version for version in locked.values())


def test_the_citation_is_of_this_version_and_these_authors():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    names = [[each["name"] for each in of["authors"]] for of in (citation, PROJECT)]
    assert names[0] == names[1]
    assert citation["title"] == README.splitlines()[0].removeprefix("# ")

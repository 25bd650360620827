"""The README: its numbers are the run's, its commands and links are there."""

import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from PIL import Image, ImageDraw

from lenet.__main__ import main
from lenet.readme import NOTEBOOK, PICTURES, filled
from lenet.record import load_record
from lenet.report.reading import find_figures, vector

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def targets():
    text = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):.*##", text, re.M))


def test_numbers_and_pictures_are_those_of_the_published_run():
    figures = find_figures(nbformat.read(ROOT / NOTEBOOK, as_version=4))
    assert filled(README, load_record(ROOT / "reports"), figures) == README
    for label, path in PICTURES.items():
        assert (ROOT / path).read_text() == vector(figures[label])


def test_the_first_page_is_short():
    assert 70 <= len(README.splitlines()) <= 95


def test_the_make_targets_named_are_those_there():
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)", README, re.M))
    assert {"report", "test", "lab", "check-studies", "study"} <= named <= targets()


def test_every_relative_link_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) > 8
    for link in links:
        assert (ROOT / link).exists(), link


@pytest.fixture
def photo(tmp_path, monkeypatch):
    """A picture of a one in the working directory."""
    picture = Image.new("L", (200, 200), "white")
    ImageDraw.Draw(picture).line([(100, 30), (100, 170)], fill="black", width=16)
    picture.save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)


def test_the_command_reads_pictures_and_says_which_is_missing(photo, capsys):
    assert main(["photo.png"]) == 0
    assert capsys.readouterr().out.startswith("photo.png: 1 (")
    assert main(["photo.png", "none.png"]) == 1
    assert "no picture at none.png" in capsys.readouterr().err


def test_the_python_example_reads_a_picture(photo):
    examples = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {}
    exec(examples[0], names)
    assert names["prediction"].labels.tolist() == [1]


def test_the_training_example_runs_as_it_stands(monkeypatch):
    monkeypatch.setenv("DATASET", "sample")
    names = {}
    exec(re.findall(r"```python\n(.*?)```", README, re.S)[1], names)
    assert len(names["history"]) == 3
    assert names["schedule"].get_last_lr() == [pytest.approx(1e-3 / 8)]


def test_make_alone_lists_the_targets():
    shown = subprocess.run(
        shlex.split("make"), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(re.findall(r"^make ([a-z-]+)", shown.stdout, re.M)) == targets()


def test_make_works_in_an_environment_whose_path_holds_a_space():
    env = os.environ | {"VIRTUAL_ENV": "/my own/env"}
    command = ["make", "--dry-run", "lint"]
    shown = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert shown.returncode == 0
    assert '"/my own/env/bin/python" -m pip install' in shown.stdout
    assert '"/my own/env/bin/python" -m ruff check .' in shown.stdout


def test_ci_runs_the_commands_of_the_readme():
    commands = (ROOT / ".ci" / "run").read_text().splitlines()[-2:]
    assert commands == ["make test", "make check-studies"]


def test_conda_installs_this_project_against_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert {"pip": ["-c requirements.lock", "-e ."]} in environment["dependencies"]


def test_the_citation_is_of_this_version_and_these_authors():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["version"] == project["version"]
    names = [author["name"] for author in citation["authors"]]
    assert names == [author["name"] for author in project["authors"]]
    assert citation["title"] == README.splitlines()[0].removeprefix("# ")


def test_the_lock_pins_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=]", line)[0] for line in project["dependencies"]}
    lines = (ROOT / "requirements.lock").read_text().split()
    locked = dict(line.split("==") for line in lines)
    assert wanted <= locked.keys()
    assert not any("+" in version for version in locked.values())

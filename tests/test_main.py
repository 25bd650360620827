import io
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from PIL import Image, ImageDraw

from lenet.__main__ import main
from lenet.model import new_model
from lenet.predict import save_weights


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A picture of a one, one of three ones, and a text."""
    page = Image.new("L", (500, 200), "white")
    for at in (100, 240, 380):
        ImageDraw.Draw(page).line([(at, 30), (at, 170)], fill="black", width=16)
    page.crop((0, 0, 200, 200)).save(tmp_path / "one.png")
    page.save(tmp_path / "three.png")
    (tmp_path / "text.png").write_text("no picture")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_line_a_digit_and_one_for_each_file_that_cannot_be_read(capsys):
    assert main(["one.png"]) == 0
    assert main(["none.png", "text.png", "three.png"]) == 1
    output = capsys.readouterr()
    first, *others = output.out.splitlines()
    assert first.startswith("one.png: 1 (")
    for number, line in enumerate(others, 1):
        assert re.fullmatch(rf"three\.png \[{number}\]: 1 \((9\d|100)\.\d %\)", line)
    assert number == 3
    missing, text = output.err.splitlines()
    assert missing == "no picture at none.png"
    assert text.startswith("text.png cannot be read as a picture")


def test_json_gives_an_object_a_line(capsys):
    assert main(["--json", "one.png"]) == 0
    capsys.readouterr()
    assert main(["--json", "three.png", "none.png"]) == 1
    *digits, missing = map(json.loads, capsys.readouterr().out.splitlines())
    assert [each["digit"] for each in digits] == [1, 2, 3]
    for each in digits:
        assert each["file"] == "three.png"
        assert each["probability"] == max(each["probs"]) == each["probs"][each["label"]]
        assert sum(each["probs"]) == pytest.approx(1, abs=1e-5)
    assert missing == {"file": "none.png", "error": "no picture at none.png"}


def test_a_dash_is_standard_input(folder, capsys, monkeypatch):
    for name, code in (("one.png", 0), ("text.png", 1)):
        content = io.BytesIO((folder / name).read_bytes())
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=content))
        assert main(["-"]) == code
    output = capsys.readouterr()
    assert output.out.startswith("-: 1 (")
    assert output.err.startswith("standard input cannot be read as a picture")
    assert "object at" not in output.err


def test_other_weights_are_used_or_refused(capsys):
    model = new_model(seed=3)
    with torch.no_grad():
        model.classifier.output.bias[7] += 100
    save_weights("mine.safetensors", model, {})
    torch.save(model.state_dict(), "mine.pth")
    for name in ("mine.safetensors", "mine.pth"):
        assert main(["--weights", name, "one.png"]) == 0
        assert capsys.readouterr().out == "one.png: 7 (100.0 %)\n"
    assert main(["--weights", "none.pth", "one.png"]) == 1
    assert "no weights at none.pth" in capsys.readouterr().err


def test_a_name_outside_ascii_on_an_ascii_terminal(folder):
    (folder / "one.png").rename(folder / "eins-ß-一.png")
    command = [sys.executable, "-m", "lenet", "eins-ß-一.png", "fehlt-ß.png"]
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command, capture_output=True, env=ascii_only, text=True)
    assert done.returncode == 1
    assert done.stdout.startswith(r"eins-\xdf-\u4e00.png: 1 (")
    assert r"no picture at fehlt-\xdf.png" in done.stderr

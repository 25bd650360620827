import base64
import copy
import io
import json

import pytest
import torch
from browser import chromium
from torch import nn

from lenet.data import to_input
from lenet.model import layer_outputs
from lenet.pad import SENTENCE, drawing_pad
from lenet.photo import read_image
from lenet.predict import predict, predict_logits

DIGITS = {  # strokes, each through these points of the unit square
    1: [[(0.5, 0.15), (0.5, 0.85)]],
    3: [
        [(0.3, 0.2), (0.5, 0.13), (0.68, 0.22), (0.66, 0.38), (0.45, 0.48)],
        [(0.45, 0.48), (0.68, 0.56), (0.7, 0.74), (0.5, 0.87), (0.28, 0.8)],
    ],
    7: [[(0.25, 0.2), (0.72, 0.2), (0.58, 0.5), (0.45, 0.85)]],
}
PADS = "const pads = [...document.querySelectorAll('.lenet-pad')]; "


@pytest.fixture(scope="module")
def address(published_model, tmp_path_factory):
    """A page with two pads, the first put in as JupyterLab does, the second parsed."""
    html = drawing_pad(published_model)._repr_mimebundle_()["text/html"]
    late = json.dumps(html).replace("</", "<\\/")
    page = tmp_path_factory.mktemp("page") / "pads.html"
    page.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Pads</title>'
        f"<div id=output></div><script>output.innerHTML = {late};"
        "for (const old of output.querySelectorAll('script')) {"
        "const script = document.createElement('script');"
        "script.textContent = old.textContent; old.replaceWith(script); }</script>"
        f"<p>and</p>{html}",
        encoding="utf-8",
    )
    return page.as_uri()


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        size = {"width": 1000, "height": 1400}
        page.send(
            "Emulation.setDeviceMetricsOverride",
            deviceScaleFactor=1,
            mobile=False,
            **size,
        )
        yield page


@pytest.fixture
def page(tab, address):
    """The page, opened anew; at the end it has requested and logged nothing."""
    tab.events.clear()
    tab.open(address)
    yield tab
    requests = tab.reported("Network.requestWillBeSent")
    assert {request["request"]["url"] for request in requests} == {address}
    logs = "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"
    assert tab.reported(*logs) == []


def outputs(page, image, names):
    """Run the script's network on one ``(32, 32)`` uint8 image."""
    values = json.dumps((image.flatten() / 255).tolist())
    script = f"{PADS} const all = pads[0].outputs({values}); "
    return page.evaluate(f"(() => {{ {script} return {names}.map(n => [...all[n]]) }})()")


def inside(page, script, pad=0):
    """Evaluate a script with ``root``, all that one of the pads holds."""
    body = f"{PADS} const root = pads[{pad}].shadowRoot; return {script}"
    return page.evaluate(f"(() => {{ {body} }})()")


def sentence(page, pad=0):
    return inside(page, "root.querySelector('p').textContent", pad)


def place(page, name):
    """Return the left, top, width and height of an element of the first pad."""
    script = f"(b => [b.x, b.y, b.width, b.height])(root.querySelector('{name}')"
    return inside(page, f"{script}.getBoundingClientRect())")


def along(stroke, box, steps=6):
    """Return points on a stroke, in pixels of the page."""
    left, top, width, height = box
    shares = torch.arange(steps + 1) / steps
    for (x, y), (next_x, next_y) in zip(stroke, stroke[1:], strict=False):
        for share in shares.tolist():
            yield (
                left + width * (x + share * (next_x - x)),
                top + height * (y + share * (next_y - y)),
            )


def draw(page, digit):
    for stroke in DIGITS[digit]:
        page.drag(list(along(stroke, place(page, ".pad"))))


def rounded(model):
    return copy.deepcopy(model).half().float()


@pytest.mark.parametrize("dataset", ["mnist", "sample"])
def test_the_script_computes_the_logits_of_pytorch(
    page, published_model, dataset, request
):
    digits = request.getfixturevalue(dataset).read_test()[:100]
    logits = torch.tensor([outputs(page, each, ["output"])[0] for each in digits.images])
    expected = predict_logits(rounded(published_model), digits.images)
    assert (logits - expected).abs().max() < 1e-4
    if dataset == "mnist":
        unrounded = predict(published_model, digits.images)
        assert (logits.argmax(1) == unrounded.labels).all()


def test_the_script_computes_every_layer(page, published_model, sample):
    image = sample.train.images[0]
    expected = layer_outputs(rounded(published_model), to_input(image[None]))
    found = outputs(page, image, list(expected))
    for values, (name, tensor) in zip(found, expected.items(), strict=True):
        assert torch.tensor(values) == pytest.approx(tensor.flatten(), abs=1e-4), name


@pytest.mark.parametrize("digit", DIGITS)
def test_a_drawn_digit_is_read_and_cleared(page, digit):
    draw(page, digit)
    assert sentence(page).startswith(f"Read as {digit}, ")
    left, top, width, height = place(page, "button")
    page.drag([(left + width / 2, top + height / 2)])
    assert sentence(page) == "Draw a digit."
    assert not any(seen(page))

import base64
import copy
import json

import numpy as np
import pytest
import torch
from browser import chromium

from lenet.data import to_input
from lenet.model import layer_outputs
from lenet.pad import SENTENCE, drawing_pad
from lenet.photo import read_image
from lenet.predict import predict

DIGITS = {  # strokes, each a line through these points of the unit square
    1: [[(0.5, 0.15), (0.5, 0.85)]],
    3: [
        [(0.3, 0.2), (0.5, 0.13), (0.68, 0.22), (0.66, 0.38), (0.45, 0.48)],
        [(0.45, 0.48), (0.68, 0.56), (0.7, 0.74), (0.5, 0.87), (0.28, 0.8)],
    ],
    7: [[(0.25, 0.2), (0.72, 0.2), (0.45, 0.85)]],
}
# How JupyterLab puts an output in: as HTML, whose scripts it then makes anew.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Pads</title>
<div>UNTRUSTED</div><div id="output" class="live"></div><script>
output.innerHTML = OUTPUT;
for (const inert of output.querySelectorAll("script")) {
  const script = document.createElement("script");
  script.textContent = inert.textContent;
  inert.replaceWith(script);
}
</script><main class="live">PARSED PARSED</main></html>"""


@pytest.fixture(scope="module")
def address(published_model, tmp_path_factory):
    """A page of one pad as JupyterLab runs it, and of two as an export holds them.

    Before them stands one that JupyterLab does not trust, without its script.
    """
    html = drawing_pad(published_model)
    output = json.dumps(html).replace("</", "<\\/")
    path = tmp_path_factory.mktemp("page") / "pads.html"
    page = PAGE.replace("UNTRUSTED", html.splitlines()[0]).replace("OUTPUT", output)
    path.write_text(page.replace("PARSED", html), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def page(tab, address):
    """The page, opened anew; whatever a test does, it requests and logs nothing."""
    tab.events.clear()
    tab.open(address)
    yield tab
    requests = tab.reported("Network.requestWillBeSent")
    assert {each["request"]["url"] for each in requests} == {address}
    logs = "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"
    assert tab.reported(*logs) == []


def inside(page, script, pad=0):
    """Evaluate a script that may use ``pad`` and ``root``, which holds its parts."""
    names = f"const pad = document.querySelectorAll('.live .lenet-pad')[{pad}];"
    names += "const root = pad.shadowRoot;"
    return page.evaluate(f"(() => {{ {names} return {script} }})()")


def outputs(page, image):
    """Run the script's network on a ``(32, 32)`` uint8 image; return it by layer."""
    values = (image.flatten() / 255).tolist()
    script = f"Object.entries(pad.outputs({values})).map(([k, v]) => [k, [...v]])"
    return {name: torch.tensor(each) for name, each in inside(page, script)}


def sentence(page, pad=0):
    return inside(page, "root.querySelector('p').textContent", pad)


def pixels(page, name):
    """Return the ``(N, H, W, 4)`` uint8 pixels of the canvases of one name."""
    script = f"""[...root.querySelectorAll('{name}')].map(each => {{
      const copy = new OffscreenCanvas(each.width, each.height).getContext('2d');
      copy.drawImage(each, 0, 0);
      const {{ data }} = copy.getImageData(0, 0, each.width, each.height);
      return [each.height, each.width, ...data]; }})"""
    shown = inside(page, script)
    return np.array([each[2:] for each in shown], "u1").reshape(-1, *shown[0][:2], 4)


def ink(page):
    return pixels(page, ".input")[0, ..., 3]


def place(page, name):
    """Return the left, top, width and height of an element, in pixels."""
    script = f"root.querySelector('{name}').getBoundingClientRect()"
    return inside(page, f"(b => [b.x, b.y, b.width, b.height])({script})")


def on_pad(page, stroke):
    """Return points on a stroke, in pixels of the window."""
    left, top, side, _ = place(page, ".pad")
    steps = np.linspace(0, len(stroke) - 1, 6 * len(stroke))
    x, y = (np.interp(steps, range(len(stroke)), each) for each in np.transpose(stroke))
    return np.stack([left + side * x, top + side * y], 1).tolist()


def draw(page, digit):
    for stroke in DIGITS[digit]:
        page.drag(*on_pad(page, stroke))


@pytest.fixture
def rounded(published_model):
    """The published network with the weights that the script holds."""
    return copy.deepcopy(published_model).half().float()


def test_the_script_computes_every_layer(page, rounded, sample):
    for image in sample.train.images[:5]:
        found = outputs(page, image)
        expected = layer_outputs(rounded, to_input(image[None]))
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            assert (found[name] - values.flatten()).abs().max() < 1e-4, name


def test_rounded_weights_read_mnist_as_the_published_ones_do(
    rounded, published_model, mnist
):
    images = mnist.read_test().images[:100]
    published = predict(published_model, images)
    assert (predict(rounded, images).probs - published.probs).abs().max() < 1e-3


@pytest.mark.parametrize("digit", DIGITS)
def test_a_drawn_digit_is_read_and_cleared(page, digit):
    shown = "[...root.querySelectorAll('canvas')].map(each => each.toDataURL())"
    empty = inside(page, shown)
    for _ in range(2):
        draw(page, digit)
        assert not set(inside(page, shown)) & set(empty)
        assert sentence(page).startswith(f"Read as {digit}, ")
        assert [sentence(page, each) for each in (1, 2)] == 2 * ["Draw a digit."]
        left, top, width, height = place(page, "button")
        page.drag((left + width / 2, top + height / 2))
        assert sentence(page) == "Draw a digit."
        assert inside(page, shown) == empty


def test_a_drawing_is_brought_to_the_form_of_mnist_as_a_picture_is(page, tmp_path):
    draw(page, 3)
    script = "root.querySelector('.pad').toDataURL().split(',')[1]"
    picture = tmp_path / "pad.png"
    picture.write_bytes(base64.b64decode(inside(page, script)))
    expected = read_image(picture)[0].numpy()
    assert np.corrcoef(ink(page).ravel(), expected.ravel())[0, 1] > 0.8
    for axis in (0, 1):
        filled = ink(page).max(1 - axis).nonzero()[0]
        assert np.ptp(filled) <= 21
        assert abs(np.average(range(32), weights=ink(page).sum(1 - axis)) - 15.5) < 1


def test_the_maps_and_bars_show_what_the_network_computes(page):
    draw(page, 7)
    found = outputs(page, torch.tensor(ink(page)))
    probs = found.pop("output").softmax(0)
    for layer, values in found.items():
        shown = pixels(page, f".{layer} canvas")[..., 0].ravel()
        assert abs(shown - 127.5 * (1 - values.numpy())).max() <= 1, layer
    lines = inside(page, "[...root.querySelectorAll('li')].map(li => li.innerText)")
    for digit, (line, prob) in enumerate(zip(lines, probs.tolist(), strict=True)):
        name, share = line.removesuffix("%").split()
        assert int(name) == digit
        assert float(share) == pytest.approx(100 * prob, abs=0.06)


def test_a_finger_draws_and_a_second_one_or_the_right_button_does_not(page):
    points = on_pad(page, DIGITS[7][0])[::-1]  # upwards, as one would scroll
    others = on_pad(page, [(0.9, 0.4), (0.9, 0.6), (0.9, 0.8)])
    for number, pair in enumerate(zip(points, others, strict=True)):
        touches = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(pair)]
        kind = "touchMove" if number > 1 else "touchStart"
        first_alone = touches if number else touches[:1]
        page.send("Input.dispatchTouchEvent", type=kind, touchPoints=first_alone)
    page.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert sentence(page).startswith("Read as 7, ")
    drawn = ink(page)
    page.mouse("mousePressed", others[0], button="right")
    page.mouse("mouseReleased", others[1], button="right")
    assert (ink(page) == drawn).all()


def test_keys_clear_the_pad_even_in_the_middle_of_a_stroke(page):
    points = on_pad(page, DIGITS[1][0])
    page.mouse("mousePressed", points[0])
    page.mouse("mouseMoved", points[1])
    assert sentence(page) != "Draw a digit."
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, key="Delete")
    page.mouse("mouseMoved", points[2])
    page.mouse("mouseReleased", points[2])
    assert sentence(page) == "Draw a digit."


def test_a_tap_is_a_dot_in_the_middle(page):
    page.drag(on_pad(page, [(0.1, 0.2), (0.1, 0.2)])[0])
    rows, columns = ink(page).nonzero()
    assert {*rows} | {*columns} <= set(range(13, 19))
    assert len(rows) > 3


def test_in_print_and_without_javascript_nothing_is_dead(page, address):
    page.send("Emulation.setEmulatedMedia", media="print")
    assert place(page, ".pad") == [0, 0, 0, 0]
    page.send("Emulation.setEmulatedMedia", media="")
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    page.open(address)
    shown = page.evaluate("document.querySelector('main').innerText")
    assert shown.split("\n") == [SENTENCE, SENTENCE]
    assert page.evaluate("document.querySelectorAll('canvas, button').length") == 0
    page.send("Emulation.setScriptExecutionDisabled", value=False)


def test_no_other_network_is_taken():
    with pytest.raises(TypeError, match=r"expected a LeNet5, got a Linear: the pad's"):
        drawing_pad(torch.nn.Linear(2, 2))

"""Drive a real Chromium through its DevTools protocol, as a reader's hand would."""

import json
import shutil
import subprocess
import time
from contextlib import closing, contextmanager
from itertools import count

import pytest
import websocket

NAMES = "chromium", "chromium-browser", "google-chrome"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"
FLAGS += " --disable-background-networking --disable-component-update --disable-sync"
FLAGS += " --disable-quic --remote-debugging-port=0 --remote-allow-origins=*"


@contextmanager
def chromium(folder):
    """Start Chromium with an empty profile in a folder, and give its one page."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        pytest.skip("no Chromium: install it, as by `apt-get install chromium`")
    command = [program, *FLAGS.split(), f"--user-data-dir={folder}"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    note = folder / "DevToolsActivePort"  # two lines, the port and the path
    with subprocess.Popen(command, **silent) as process:
        try:
            wait_until(lambda: note.exists() and "/" in note.read_text(), "a start")
            address = "ws://127.0.0.1:{}{}".format(*note.read_text().split())
            with closing(websocket.create_connection(address, timeout=60)) as socket:
                yield Page(socket)
        finally:
            process.terminate()


def wait_until(find, wanted: str):
    """Return what a function finds, as soon as it is true."""
    end = time.monotonic() + 60
    while not (found := find()):
        assert time.monotonic() < end, f"waited a minute in vain for {wanted}"
        time.sleep(0.05)
    return found


class Page:
    """A tab; ``events`` keeps what it requests and logs, and all else it reports."""

    def __init__(self, socket: websocket.WebSocket):
        self.socket, self.session = socket, {}
        self.events, self.numbers = [], count(1)
        target = self.send("Target.createTarget", url="about:blank")
        session = self.send("Target.attachToTarget", flatten=True, **target)
        self.session = session  # its id goes with all that is sent from here on
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        size = {"width": 1300, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)

    def send(self, method: str, **params) -> dict:
        number, answer = next(self.numbers), {}
        message = {"id": number, "method": method, "params": params, **self.session}
        self.socket.send(json.dumps(message))
        while answer.get("id") != number:
            answer = json.loads(self.socket.recv())
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def reported(self, *methods: str) -> list[dict]:
        return [e["params"] for e in self.events if e.get("method") in methods]

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)
        self.wait_for("document.readyState == 'complete'")

    def evaluate(self, script: str):
        """Return what a script gives, or the promise that it gives, as plain Python."""
        options = {"returnByValue": True, "awaitPromise": True}
        answer = self.send("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str) -> None:
        wait_until(lambda: self.evaluate(script), script)

    def mouse(self, kind: str, point: tuple[float, float], button="left") -> None:
        """Send ``mousePressed``, ``mouseMoved`` or ``mouseReleased``."""
        held = {"none": 0, "left": 1, "right": 2}[button]
        options = {"button": button, "buttons": held, "clickCount": 1}
        x, y = point
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **options)

    def drag(self, *points: tuple[float, float]) -> None:
        """Press the button at the first point, let go at the last; one is a click."""
        self.mouse("mousePressed", points[0])
        for point in points[1:]:
            self.mouse("mouseMoved", point)
        self.mouse("mouseReleased", points[-1])

"""Drive a real Chromium through its DevTools protocol, as a reader's hand would."""

import json
import shutil
import subprocess
import time
from contextlib import closing, contextmanager, suppress
from itertools import count
from urllib.request import urlopen

import pytest
import websocket

NAMES = "chromium", "chromium-browser", "google-chrome"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"
FLAGS += " --disable-background-networking --disable-component-update --disable-sync"
FLAGS += " --disable-quic --remote-debugging-port=0 --remote-allow-origins=*"


class Page:
    """A tab; ``events`` keeps what it requests and logs, and all else it reports."""

    def __init__(self, address: str):
        self.socket = websocket.create_connection(address, timeout=60)
        self.events, self.numbers = [], count(1)
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params) -> dict:
        number, answer = next(self.numbers), {}
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while answer.get("id") != number:
            answer = json.loads(self.socket.recv())
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def evaluate(self, script: str):
        """Return what a script gives, or a promise of it, as plain Python."""
        options = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.send("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str, seconds: float = 30):
        """Return what a script gives as soon as that is true."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(script)):
            assert time.monotonic() < end, f"waited {seconds} s in vain for {script}"
            time.sleep(0.05)
        return value

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)
        self.wait_for("document.readyState == 'complete'")

    def mouse(self, kind: str, point: tuple[float, float], button="left") -> None:
        """Send ``mousePressed``, ``mouseMoved`` or ``mouseReleased``."""
        place = dict(zip("xy", point, strict=True))
        options = {"button": button, "buttons": 1, "clickCount": 1, **place}
        self.send("Input.dispatchMouseEvent", type=kind, **options)

    def drag(self, points: list[tuple[float, float]]) -> None:
        """Press the mouse's button at the first point and let go at the last."""
        self.mouse("mousePressed", points[0])
        for point in points[1:]:
            self.mouse("mouseMoved", point)
        self.mouse("mouseReleased", points[-1])

    def click(self, x: float, y: float) -> None:
        self.drag([(x, y)])

    def reported(self, *methods: str) -> list[dict]:
        return [e["params"] for e in self.events if e.get("method") in methods]


@contextmanager
def chromium(folder):
    """Start Chromium with an empty profile in a folder, and give its first tab."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        pytest.skip("no Chromium: install it, as by `apt-get install chromium`")
    command = [program, *FLAGS.split(), f"--user-data-dir={folder}", "about:blank"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **silent) as process:
        try:
            page = Page(_first_tab(folder / "DevToolsActivePort"))
            with closing(page.socket):
                yield page
        finally:
            process.terminate()


def _first_tab(port_file, seconds: float = 60) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError, IndexError, StopIteration):
            port = port_file.read_text().split()[0]
            with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = json.load(answer)
            pages = (tab for tab in tabs if tab["type"] == "page")
            return next(pages)["webSocketDebuggerUrl"]
        time.sleep(0.05)
    raise TimeoutError(f"Chromium opened no tab in {seconds} s")

"""The record of a run: what was done, on what, and what came out."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import torch

from lenet.config import Config
from lenet.data import Dataset
from lenet.files import read_json, write_atomically
from lenet.model import LeNet5
from lenet.predict import Prediction, load_weights, save_weights
from lenet.train import EpochRecord

WEIGHTS, RECORD = "lenet5-mnist.safetensors", "lenet5-mnist.json"


def reports_folder(dataset: Dataset) -> Path:
    """Return where a run's files go; a sample run never overwrites MNIST's.

    Relative to the notebook's folder, or as the environment variable ``REPORTS`` says.
    """
    folder = Path(os.environ.get("REPORTS", "../reports"))
    return folder / "sample" if dataset.is_sample else folder


def run_record(
    config: Config,
    dataset: Dataset,
    history: Sequence[EpochRecord],
    prediction: Prediction,
    seconds: float,
    device: torch.device | str = "cpu",
) -> dict:
    """Collect all that a run's numbers come from, ready for JSON.

    Args:
        prediction: of all test digits.
        seconds: wall time of training, scores after each epoch included.
    """
    labels = dataset.read_test().labels
    wrong = torch.nonzero(prediction.labels != labels).flatten().tolist()
    num = len(labels)
    return {
        "command": "make report",
        "dataset": dataset.name,
        "protocol": "trained on all training digits; scored on the test digits",
        "config": asdict(config),
        "history": [asdict(record) for record in history],
        "test": {"num_examples": num, "num_correct": num - len(wrong), "wrong": wrong},
        "seconds": round(seconds, 1),
        **environment(device),
    }


def publish(record: dict, model: LeNet5, path: Path) -> list[Path]:
    """Write weights and, beside them, their record; return both paths."""
    about = {key: record[key] for key in ("dataset", "config", "date")}
    weights = save_weights(path, model, about)
    record = record | {"weights_sha256": sha256(weights).hexdigest()}
    beside = path.with_suffix(".json")
    write_atomically(beside, (json.dumps(record, indent=1) + "\n").encode())
    return [path, beside]


def load_record(folder: Path | str) -> dict:
    """Read a published record, if the weights beside it are its own.

    Raises:
        FileNotFoundError: if one of the two is missing.
        ValueError: if one is damaged, or they are of two runs.
    """
    record = read_json(Path(folder) / RECORD, "make report")
    load_weights(Path(folder) / WEIGHTS)  # compares them with the record
    return record


def environment(device: torch.device | str = "cpu") -> dict:
    """Name the software, hardware and time that a result depends on."""
    packages = "torch", "torchvision", "numpy", "lenet"
    versions = {"python": platform.python_version()}
    now = datetime.now(UTC)
    return {
        "date": now.date().isoformat(),
        "time": f"{now:%H:%M} UTC",
        "commit": _commit(),
        "versions": versions | {name: version(name) for name in packages},
        "hardware": {
            "system": f"{platform.system()} {platform.machine()}",
            "device": _device_name(torch.device(device)),
            "threads": torch.get_num_threads(),
        },
    }


def machine(about: dict) -> str:
    """Say in words what an :func:`environment` ran on."""
    device, threads = (about["hardware"][part] for part in ("device", "threads"))
    return f"{device} with {threads} thread{'s' * (threads > 1)}"


def _commit() -> str | None:
    """Name the commit of this code, marked + where the package was changed since."""
    file = Path(__file__)
    where = {"cwd": file.parent, "stderr": subprocess.DEVNULL, "text": True}
    git = partial(subprocess.check_output, **where)
    try:
        git(["git", "ls-files", "--error-unmatch", file.name])
        commit = git(["git", "rev-parse", "--short=10", "HEAD"]).strip()
        changed = git(["git", "status", "--porcelain", "."])
    except (OSError, subprocess.CalledProcessError):
        return None  # no git, or no clone of this project
    return commit + "+" * bool(changed)


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    processor = [*names, platform.processor(), platform.machine()]
    return f"{device.type.upper()} ({next(filter(None, processor))})"

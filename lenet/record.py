"""The record of a run: what was done, on what, and what came out."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import torch
from sklearn.metrics import confusion_matrix
from torch import Tensor

from lenet.config import Config
from lenet.data import Dataset
from lenet.files import read_json, write_atomically
from lenet.model import NUM_CLASSES, LeNet5
from lenet.predict import save_weights
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
    labels: Tensor,
    preds: Tensor,
    *,
    seconds: float,
    device: torch.device | str = "cpu",
) -> dict:
    """Collect all that a run's numbers come from, ready for JSON.

    Args:
        labels: ``(N,)`` true classes of the test digits.
        preds: ``(N,)`` predicted classes.
        seconds: wall time of training, scores after each epoch included.
    """
    cells = confusion_matrix(labels, preds, labels=range(NUM_CLASSES))
    return {
        "command": "make report",
        "dataset": dataset.name,
        "protocol": "trained on all training digits; scored on the test digits",
        "config": asdict(config),
        "history": [asdict(record) for record in history],
        "test": {
            "num_examples": len(labels),
            "num_correct": int((labels == preds).sum()),
            "wrong": torch.nonzero(labels != preds).flatten().tolist(),
            "confusion": cells.tolist(),  # rows: true labels
        },
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
        ValueError: if the record is damaged, or the weights are of another run.
    """
    weights, path = Path(folder) / WEIGHTS, Path(folder) / RECORD
    record = read_json(path, "make report")
    if not weights.exists():
        raise FileNotFoundError(f"no weights at {weights}: `make report` trains them")
    if sha256(weights.read_bytes()).hexdigest() != record["weights_sha256"]:
        raise ValueError(
            f"{weights} and {path} are of two runs: `make report` writes both anew"
        )
    return record


def environment(device: torch.device | str = "cpu") -> dict:
    """Name the software, hardware and time that a result depends on."""
    names = ("torch", "torchvision", "numpy", "lenet")
    versions = {"python": platform.python_version()}
    now = datetime.now(UTC)
    return {
        "date": now.date().isoformat(),
        "time": f"{now:%H:%M} UTC",
        "commit": _commit(),
        "versions": versions | {name: version(name) for name in names},
        "hardware": {
            "system": f"{platform.system()} {platform.machine()}",
            "device": _device_name(torch.device(device)),
            "threads": torch.get_num_threads(),
        },
    }


def machine(about: dict) -> str:
    """Say in words what an :func:`environment` ran on."""
    hardware = about["hardware"]
    threads = hardware["threads"]
    return f"{hardware['device']} with {threads} thread{'s' * (threads > 1)}"


def _commit() -> str | None:
    """Name the commit of this code, marked + where the package was changed since."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        _output([*git, "ls-files", "--error-unmatch", Path(__file__).name])
        commit = _output([*git, "rev-parse", "--short=10", "HEAD"])
        changed = _output([*git, "status", "--porcelain", "--", "."])
    except (OSError, subprocess.CalledProcessError):
        return None  # no git, or no clone of this project
    return commit + "+" * bool(changed)


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    processor = [*names, platform.processor(), platform.machine()]
    return f"{device.type.upper()} ({next(filter(None, processor))})"

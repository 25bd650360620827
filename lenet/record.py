"""The record of a run: what was done, on what, and what came out."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from lenet.checkpoint import save_weights
from lenet.config import Config
from lenet.data import Dataset
from lenet.files import read_json, write_whole
from lenet.metrics import confusion_matrix
from lenet.model import LeNet5
from lenet.train import EpochRecord

NAME, ENDINGS = "lenet5-mnist", (".safetensors", ".json")
BENCH = Path(__file__).parent.parent / "reports" / "bench.json"


def reports_folder(dataset: Dataset) -> Path:
    """Return where a run's files go; a sample run never overwrites MNIST's.

    Relative to the notebook's folder, or as the environment variable ``REPORTS`` says.
    """
    folder = Path(os.environ.get("REPORTS", "../reports"))
    return folder / "sample" if dataset.is_sample else folder


def run_record(
    config: Config,
    dataset: Dataset,
    history: Iterable[EpochRecord],
    labels: Tensor,
    preds: Tensor,
    *,
    seconds: float,
    device: torch.device | str = "cpu",
) -> dict:
    """Collect all that a run's numbers come from, ready for JSON.

    Args:
        config: the hyperparameters.
        dataset: what was trained on and tested.
        history: one record per epoch.
        labels: ``(N,)`` true classes of the test digits.
        preds: ``(N,)`` predicted classes.
        seconds: wall time of training, scores after each epoch included.
        device: where it ran.
    """
    return {
        "command": "make report",
        "dataset": dataset.name,
        "protocol": "trained on all training digits; scored on the test digits",
        "config": config.asdict(),
        "history": [record.asdict() for record in history],
        "test": {
            "num_examples": len(labels),
            "num_correct": int((labels == preds).sum()),
            "wrong": torch.nonzero(labels != preds).flatten().tolist(),
            "confusion": confusion_matrix(labels, preds).tolist(),
        },
        "seconds": round(seconds, 1),
        **environment(device),
    }


def publish(record: dict, model: LeNet5, folder: Path | str) -> list[Path]:
    """Write the weights and the record; each names the other.

    Returns:
        The two paths.
    """
    paths = [Path(folder) / f"{NAME}{ending}" for ending in ENDINGS]
    about = {key: record[key] for key in ("dataset", "config", "date")}
    weights = save_weights(paths[0], model, about)
    record = record | {"weights_sha256": hashlib.sha256(weights).hexdigest()}
    write_whole(paths[1], (json.dumps(record, indent=1) + "\n").encode())
    return paths


def load_record(folder: Path | str) -> dict:
    """Read a published record, if the weights beside it are its own.

    Raises:
        FileNotFoundError: if one of the two is missing.
        ValueError: if the record is damaged, or the weights are of another run.
    """
    weights, path = (Path(folder) / f"{NAME}{ending}" for ending in ENDINGS)
    record = read_json(path, "make report")
    if not weights.exists():
        raise FileNotFoundError(f"no weights at {weights}: `make report` trains them")
    if hashlib.sha256(weights.read_bytes()).hexdigest() != record["weights_sha256"]:
        raise ValueError(
            f"{weights} and {path} are of two runs: `make report` writes both anew"
        )
    return record


def load_bench(path: Path = BENCH) -> dict:
    """Read what `make bench` measured; errors as of :func:`read_json`."""
    return read_json(path, "make bench")


def environment(device: torch.device | str = "cpu") -> dict:
    """Name the software, hardware and date that a result depends on."""
    packages = ("torch", "torchvision", "numpy", "lenet")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in packages},
        "hardware": {
            "system": f"{platform.system()} {platform.machine()}",
            "device": _device_name(torch.device(device)),
            "threads": torch.get_num_threads(),
        },
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type.upper()} ({_processor()})"


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()

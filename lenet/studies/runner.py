"""Run a study: a parallel map over its members, which may be stopped at any time.

A study is a module with three names: ``QUESTION``, what it answers; ``MEMBERS``, its
independent runs, each a dict of keyword arguments; and ``run(**member)``, which does
one of them and returns numbers ready for JSON. The map is joblib's, so that a cluster
takes it unchanged, through joblib's own backends:

    with joblib.parallel_config(backend="dask"):
        run_study("seeds")

Each finished member is a file under ``runs/studies``, so that a study that was stopped
goes on where it stopped. When all are there, they become ``reports/studies/NAME.json``.
A cluster must share the project's folder.
"""

import importlib
import json
import shutil
import sys
import time
from pathlib import Path
from types import ModuleType

import torch
from joblib import Parallel, delayed

from lenet.files import read_json, write_atomically
from lenet.record import environment

ROOT = Path(__file__).parents[2]
PARTS, STORED = ROOT / "runs" / "studies", ROOT / "reports" / "studies"
TODAY = "seeds", "resizing", "writers", "corruption", "sizes", "recipes"
IN_1998 = "replication", "choices", "ranges", "front_end", "to_modern"
PACKAGES = {"lenet.studies": TODAY, "lenet.original": IN_1998}
STUDIES = {name: f"{pack}.{name}" for pack, names in PACKAGES.items() for name in names}


def load_study(name: str) -> ModuleType:
    """Import a study; a `ValueError` lists those there are if it is not among them."""
    if name not in STUDIES:
        raise ValueError(f"no study {name!r}: give one of {', '.join(STUDIES)}")
    return importlib.import_module(STUDIES[name])


def run_study(name: str, parts: Path = PARTS, stored: Path = STORED) -> None:
    """Run the members that have not been run yet, on all cores, and store the study."""
    study, command = load_study(name), f"make study NAME={name}"
    members = study.MEMBERS
    settings = (",".join(f"{k}={v}" for k, v in sorted(m.items())) for m in members)
    paths = [parts / name / f"{each}.json" for each in settings]
    jobs = [
        delayed(run_member)(name, member, path)
        for member, path in zip(members, paths, strict=True)
        if not path.exists()
    ]
    print(f"{name}: {len(jobs)} of {len(members)} runs to do")
    Parallel(n_jobs=-1)(jobs)
    result = {"study": name, "question": study.QUESTION, "command": command}
    result["members"] = [read_json(path, command) for path in paths]
    write_atomically(stored / f"{name}.json", (json.dumps(result) + "\n").encode())
    shutil.rmtree(parts / name)  # so that the command runs it again, not the old parts


def run_member(name: str, member: dict, path: Path | None = None) -> dict:
    """Run a member on one thread, since all run side by side; store it at the path."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.perf_counter()
    try:
        result = load_study(name).run(**member)
        about = environment()
    finally:
        torch.set_num_threads(threads)
    seconds = round(time.perf_counter() - start, 1)
    record = {"member": member, "result": result, "seconds": seconds, **about}
    if path:
        write_atomically(path, json.dumps(record).encode())
        print(f"{name} {member}: {seconds} s", flush=True)
    return record


def load_stored(name: str, stored: Path = STORED) -> dict:
    """Read a stored study; errors as of `read_json`."""
    return read_json(stored / f"{name}.json", f"make study NAME={name}")


def results(stored: dict, **wanted) -> list[dict]:
    """Return the results of the members that have the wanted arguments."""
    return [
        each["result"]
        for each in stored["members"]
        if wanted.items() <= each["member"].items()
    ]


def core_hours(stored: dict) -> str:
    """Write for how many hours the runs of a study kept a core busy."""
    return f"{sum(each['seconds'] for each in stored['members']) / 3600:.1f}"


def provenance(stored: dict) -> str:
    """Say in two sentences where a stored study comes from."""
    first, num = stored["members"][0], len(stored["members"])
    return (
        f"These {num} runs are stored, not made here: {core_hours(stored)} hours of "
        f"one core in all, on {first['hardware']['device']}, {first['date']}, PyTorch "
        f"{first['versions']['torch']}, NumPy {first['versions']['numpy']}. "
        f"`{stored['command']}` makes them again."
    )


if __name__ == "__main__":
    try:
        run_study(*sys.argv[1:2] or [""])
    except ValueError as error:
        sys.exit(str(error))

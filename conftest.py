"""What every test run needs, that of the notebooks included."""

import os
import tempfile
from pathlib import Path

from lenet import load_dataset

ROOT = Path(__file__).parent
LONGEST = ("lenet5_mnist.ipynb", "test_portability.py")


def pytest_configure(config):
    """Make MNIST_DIR hold in any folder, and fit nbval to the data at hand.

    Notebooks under test publish into a temporary folder. Without MNIST they run on the
    sample digits, whose outputs are not those stored: then they only have to run.
    """
    if folder := os.environ.get("MNIST_DIR"):
        os.environ["MNIST_DIR"] = str((ROOT / Path(folder).expanduser()).resolve())
    if config.getoption("nbval", False):
        os.environ["REPORTS"] = tempfile.mkdtemp()
        if load_dataset().is_sample:
            config.option.nbval, config.option.nbval_lax = False, True


def pytest_collection_modifyitems(items):
    """Put the longest files first, so that two processes end at about the same time."""
    items.sort(key=lambda item: item.path.name not in LONGEST)

"""Resized digits: as torchvision resizes them, and judged beside the padded ones."""

from math import atan, pi

import numpy as np
import pytest
import torch
from PIL import Image
from test_studies_seeds import STORED, a_run

from lenet import mnist as mnist_files
from lenet.claims import EARLIER_TEST
from lenet.metrics import Repeated
from lenet.studies import resizing, seeds
from lenet.studies.runner import load_stored, results
from lenet.studies.statistics import spread_p
from lenet.vision import torchvision


def test_digits_are_resized_as_torchvision_does(mnist):
    images, _ = mnist_files.load_split("test")
    resize = torchvision.transforms.Resize((32, 32))
    expected = [np.array(resize(Image.fromarray(image))) for image in images[:200]]
    found = resizing.resized(mnist.read_test()[:200])
    difference = found.images.int() - torch.tensor(np.array(expected)).int()
    assert found.images.dtype == torch.uint8
    assert difference.abs().max() <= 1, "more than a rounding of one grey level of 255"
    assert torch.equal(found.labels, mnist.read_test().labels[:200])


def test_a_run_is_that_of_the_seeds_on_other_images(sample, monkeypatch):
    monkeypatch.setattr(seeds, "run", lambda seed, dataset: {"asked": (seed, dataset)})
    result = resizing.run(3, sample)
    seed, dataset = result["asked"]
    assert seed == 3
    for found, digits in (
        (dataset.train, sample.train),
        (dataset.read_test(), sample.read_test()),
    ):
        assert torch.equal(found.images, resizing.resized(digits).images)
        assert torch.equal(found.labels, digits.labels)
    assert result["resized"] == {"mode": "bilinear", "antialias": True}


def pairs(*added):
    """Return runs with 140 padded digits misread, and fewer resized."""
    runs = {"padded": [], "resized": []}
    for seed, more in enumerate(added):
        for name, num_wrong in {"padded": 140, "resized": 140 - more}.items():
            runs[name].append(a_run(num_wrong) | {"config": {"seed": seed}})
    return runs


@pytest.mark.parametrize(
    ("added", "holds"),
    [((-2, 0, 1), False), ((20, 35, 30), True), ((-40, 0, 70), None)],
)
def test_resizing_explains_what_it_adds_if_that_is_enough(added, holds):
    runs = pairs(*added)
    assert resizing.claim(runs).holds is holds
    assert resizing.gain(runs).values == pytest.approx([n / 100 for n in added])
    half = [n / 200 for n in added]  # no digit is misread before the last epoch
    assert resizing.gain(runs, 2).values == pytest.approx(half)
    assert "+0.29 are to be explained" in resizing.claim(runs).measured


def test_runs_belong_together_by_their_seed():
    runs = pairs(1, 2, 3)
    found = resizing.by_digits(runs["resized"][1:], runs["padded"][::-1])
    for each in found.values():
        assert [run["config"]["seed"] for run in each] == [1, 2]


def test_resizing_does_not_explain_the_accuracy_of_the_earlier_report():
    runs = resizing.by_digits(results(load_stored("resizing")), STORED)
    assert resizing.claim(runs).holds is False
    wrong = [[len(run["misread"]) for run in each] for each in runs.values()]
    assert resizing.gain(runs).values == pytest.approx(np.subtract(*wrong) / 100)
    enlarged = seeds.accuracies(runs["resized"], "val")
    assert max(enlarged.values) < 100 * EARLIER_TEST.rate
    assert spread_p(enlarged, seeds.accuracies(STORED, "val")) > 0.1


def test_the_p_of_equal_spreads_is_two_sided():
    one, other = Repeated((0, 1)), Repeated((0, 3))  # an F of 1/9, one degree each
    assert spread_p(one, other) == pytest.approx(4 / pi * atan(1 / 3))
    assert spread_p(other, one) == pytest.approx(4 / pi * atan(1 / 3))

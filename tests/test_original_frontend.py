"""The front end recovered from the paper: sizes, levels, and what it is worth."""

import numpy as np
import pytest
import torch

from lenet.original import network
from lenet.original.frontend import FRONT, frontend_1998
from lenet.original.network import LeNet5_1998, initial_weights
from lenet.studies import front_end


def with_front(front):
    model = LeNet5_1998()
    weights = initial_weights(0, 2.4, 0.5, 0.25) | front
    model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    return model


def ridge_errors(model, train, test):
    """Misread share of a linear classifier on S4, by least squares to codes of +-1."""

    @torch.no_grad()
    def features(digits):
        s4 = [
            model.states(network.to_input(part.numpy()))["s4"].flatten(1)
            for part in digits.images.split(1_000)
        ]
        return torch.nn.functional.pad(torch.cat(s4), (0, 1), value=1.0).double()

    x, targets = (
        features(train),
        2 * torch.eye(10, dtype=torch.double)[train.labels] - 1,
    )
    solved = torch.linalg.solve(x.T @ x + torch.eye(401), x.T @ targets)
    read = (features(test) @ solved).argmax(1)
    return (read != test.labels).double().mean().item()


def test_it_has_the_weights_of_the_first_four_layers():
    front, shapes = frontend_1998(), LeNet5_1998().state_dict()
    assert sum(w.size for w in front.values()) == 1_716
    assert set(front) == {n for n in shapes if n[:2] in ("c1", "s2", "c3", "s4")}
    assert tuple(front) == FRONT
    for name, values in front.items():
        assert values.dtype == np.float32
        assert values.shape == tuple(shapes[name].shape)


def test_a_linear_classifier_reads_its_maps_and_less_well_drawn_ones(mnist):
    """10,000 digits are enough: 2.0 % against 4.5 %; turned kernels lose, too."""
    train, test = mnist.train[:10_000], mnist.read_test()
    front = frontend_1998()
    recovered = ridge_errors(with_front(front), train, test)
    assert recovered == pytest.approx(0.0203, abs=0.001)
    assert ridge_errors(with_front({}), train, test) > 0.035
    other = front | {"c3.weight": front["c3.weight"].transpose(0, 2, 1).copy()}
    assert ridge_errors(with_front(other), train, test) > 0.024


def test_a_run_counts_errors_of_every_pass(sample, monkeypatch):
    monkeypatch.setattr(front_end, "NUM_PASSES", 2)
    one, other = (front_end.run(0, each, sample) for each in front_end.FRONT_ENDS)
    assert len(one["test_errors"]) == len(other["test_errors"]) == 2
    assert one["test_errors"][-1] == len(one["misread"])
    assert one["misread"] != other["misread"]

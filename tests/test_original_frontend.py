"""The front end recovered from the paper: sizes, and what it is worth."""

import torch

from lenet.original import network
from lenet.original.frontend import FRONT, frontend_1998


def ridge_errors(front, train, test):
    """Misread share of a linear classifier on S4, by least squares to codes of +-1."""
    model = network.with_weights(network.initial_weights(0, 2.4, 0.5, 0.25) | front)

    @torch.no_grad()
    def features(digits):
        inputs = network.to_input(digits.images.numpy()).split(1_000)
        s4 = torch.cat([model.states(each)["s4"].flatten(1) for each in inputs])
        return torch.nn.functional.pad(s4, (0, 1), value=1.0).double()

    x, targets = features(train), 2 * torch.eye(10).double()[train.labels] - 1
    solved = torch.linalg.solve(x.T @ x + torch.eye(401), x.T @ targets)
    read = (features(test) @ solved).argmax(1)
    return (read != test.labels).double().mean().item()


def test_it_has_the_weights_of_the_first_four_layers():
    front, shapes = frontend_1998(), network.LeNet5_1998().state_dict()
    assert sum(w.size for w in front.values()) == 1_716
    assert set(front) == {n for n in shapes if n[:2] in ("c1", "s2", "c3", "s4")}
    assert tuple(front) == FRONT
    assert all(w.shape == tuple(shapes[name].shape) for name, w in front.items())


def test_a_linear_classifier_reads_its_maps_and_less_well_drawn_ones(mnist):
    """10,000 digits are enough: 2.0 % against 4.5 %; turned kernels lose, too."""
    train, test = mnist.train[:10_000], mnist.read_test()
    front = frontend_1998()
    assert 0.019 < ridge_errors(front, train, test) < 0.0215
    assert ridge_errors({}, train, test) > 0.035
    turned = front | {"c3.weight": front["c3.weight"].transpose(0, 2, 1).copy()}
    assert ridge_errors(turned, train, test) > 0.024

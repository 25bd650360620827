"""Muon's steps, against singular value decompositions."""

import pytest
import torch

from lenet.model import new_model
from lenet.muon import MOMENTUM, Muon, orthogonal


@pytest.mark.parametrize("shape", [(6, 25), (84, 120), (120, 84), (10, 10), (16, 1)])
def test_all_singular_values_come_near_1_and_the_vectors_stay(shape):
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    left, values, right = torch.linalg.svd(drawn, full_matrices=False)
    values = torch.linspace(1, 0.01, len(values))
    found = left.T @ orthogonal(left * values @ right * 7) @ right.T
    assert found.diagonal().min() > 0.67
    assert found.diagonal().max() < 1.22
    torch.testing.assert_close(found, found.diagonal().diag(), atol=1e-3, rtol=0)


def test_a_gradient_of_nothing_moves_nothing():
    assert not orthogonal(torch.zeros(4, 7)).any()


def test_each_parameter_moves_by_the_rate_whatever_its_shape_and_gradient():
    model = new_model(0)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = Muon(model.parameters(), lr=0.5)
    model(torch.rand(64, 1, 32, 32)).square().sum().backward()
    optimizer.step()
    for old, parameter in zip(before, model.parameters(), strict=True):
        step = (old - parameter.detach()).reshape(len(old), -1)
        assert 0.3 < torch.linalg.matrix_norm(step, 2) < 0.65
        assert (step * parameter.grad.reshape(step.shape)).sum() > 0, "uphill"


def test_the_average_gradient_is_followed_with_nesterovs_look_ahead():
    weights = torch.nn.Parameter(torch.zeros(3, 5))
    optimizer, average = Muon([weights], lr=0.1), torch.zeros(3, 5)
    for seed in range(3):
        weights.grad = torch.randn(3, 5, generator=torch.Generator().manual_seed(seed))
        average = MOMENTUM * average + (1 - MOMENTUM) * weights.grad
        ahead = MOMENTUM * average + (1 - MOMENTUM) * weights.grad
        expected = weights.detach() - 0.1 * orthogonal(ahead)
        optimizer.step()
        torch.testing.assert_close(weights.detach(), expected)

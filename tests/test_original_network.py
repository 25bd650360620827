"""The network of 1998 against the figures, tables and equations of the paper."""

import hashlib

import numpy as np
import pytest
import torch

from lenet.data import pad
from lenet.original import network

# In double precision, to compare sums exactly.
RNG = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 1, 32, 32, generator=RNG, dtype=torch.float64) * 1.275 - 0.1
WEIGHTS = network.initial_weights(3, 1.0, 0.5, coefficient=0.4)
MODEL = network.with_weights(WEIGHTS).double().requires_grad_(False)
for layer in MODEL.children():
    layer.bias += torch.linspace(-0.5, 0.5, len(layer.bias))


def test_parameters_per_layer_are_the_papers():
    counts = [sum(p.numel() for p in layer.parameters()) for layer in MODEL.children()]
    assert counts == [156, 12, 1516, 32, 48120, 10164]
    assert sum(counts) == 60_000


def test_connections_are_the_papers():
    """A connection is one input of one unit, biases included (sec. II-B)."""
    units = [state[0].numel() for state in MODEL.states(IMAGES).values()]
    inputs = [25, 4, 25 * len(network.C3_INPUTS) / 16, 4, 400, 120]
    counts = [n * (each + 1) for n, each in zip(units, inputs, strict=True)]
    assert counts == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164]
    assert sum(counts) + 10 * 84 == 340_908


def test_table_1_follows_the_rule_of_the_text():
    """Six threes and six fours in a row, three broken fours, and one that sees all."""
    table = network.C3_TABLE
    assert [len(inputs) for inputs in table] == [3] * 6 + [4] * 9 + [6]
    for m in range(6):
        assert set(table[m]) == {m % 6, (m + 1) % 6, (m + 2) % 6}
        assert set(table[6 + m]) == {(m + k) % 6 for k in range(4)}
    assert np.bincount(network.C3_INPUTS).tolist() == [10] * 6
    assert len(set(table)) == 16


def test_codes_are_those_of_figure_3():
    codes = network.rbf_codes()
    digest = hashlib.sha256(codes.tobytes()).hexdigest()
    assert digest == "0901b360e6d372db3f8e160e377ab3cf02ed5a98f10bcc15ffe77ee007dea3e4"
    assert (codes > 0).sum(1).tolist() == [35, 27, 33, 32, 41, 35, 39, 25, 43, 39]
    assert (codes[7].reshape(12, 7)[0] == 1).all()


def test_squash_fixes_one_and_its_slope_is_autograds():
    a = torch.linspace(-6, 6, 101, dtype=torch.float64, requires_grad=True)
    y = network.squash(a)
    (expected,) = torch.autograd.grad(y.sum(), a)
    torch.testing.assert_close(network.squash_slope(y), expected)
    one = torch.tensor([1.0, -1.0])
    torch.testing.assert_close(network.squash(one), one, atol=1e-5, rtol=0)


def test_padding_and_input_levels():
    digits = torch.zeros(1, 28, 28, dtype=torch.uint8)
    digits[0, 0, 0] = 255
    x = network.to_input(pad(digits).numpy())
    assert x.shape == (1, 1, 32, 32)
    assert x[0, 0, 2, 2].item() == pytest.approx(1.175)
    assert x[0, 0, 0, 0].item() == pytest.approx(-0.1)
    assert (x > 0).sum() == 1


def test_s2_squashes_a_scaled_and_shifted_sum_of_four():
    layer = network.Subsample(1)
    with torch.no_grad():
        layer.coefficient.fill_(0.03)
        layer.bias.fill_(0.25)
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    sums = 0.03 * torch.tensor([[10.0, 18.0], [42.0, 50.0]]) + 0.25
    torch.testing.assert_close(layer(x)[0, 0], 1.7159 * torch.tanh(2 / 3 * sums))


def test_c3_is_a_loop_over_table_1():
    """Unit by unit in NumPy, each map from its own inputs only."""
    s2 = MODEL.states(IMAGES)["s2"]
    weight, bias = (p.numpy() for p in (MODEL.c3.weight, MODEL.c3.bias))
    expected, kernels = np.zeros((3, 16, 10, 10)), iter(weight)
    for m, inputs in enumerate(network.C3_TABLE):
        expected[:, m] = bias[m]
        for s in inputs:
            kernel = next(kernels)
            for i, j in np.ndindex(10, 10):
                patch = s2.numpy()[:, s, i : i + 5, j : j + 5]
                expected[:, m, i, j] += (patch * kernel).sum((1, 2))
    actual = MODEL.c3(s2).numpy()
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


def test_distances_are_those_to_the_codes_of_a_squashed_f6():
    states = MODEL.states(IMAGES)
    assert all(state.abs().max() < network.AMPLITUDE for state in states.values())
    f6 = states["f6"].numpy()
    expected = ((f6[:, None] - network.rbf_codes()) ** 2).sum(2)
    np.testing.assert_allclose(MODEL(IMAGES).numpy(), expected)


def test_the_criterion_is_equation_9_and_finite_where_exp_is_not():
    distances = torch.tensor([[1.0, 2.0, 4.0], [3.0, 0.5, 2.0]], dtype=torch.float64)
    norms = np.exp(-0.7) + np.exp(-distances.numpy()).sum(1)
    expected = (np.array([1.0, 2.0]) + np.log(norms)).mean()
    loss = network.map_loss(distances, torch.tensor([0, 2]), rubbish=0.7)
    assert loss.item() == pytest.approx(expected)
    far = torch.full((1, 10), 500.0, requires_grad=True)
    loss = network.map_loss(far, torch.tensor([3]), rubbish=400.0)
    loss.backward()
    assert torch.isfinite(far.grad).all()


@pytest.mark.parametrize(("scale", "power"), [(2.4, 1.0), (1.4, 0.5)])
def test_initial_weights_stay_in_their_range_and_fill_it(scale, power):
    weights = network.initial_weights(0, scale, power, coefficient=0.5)
    c3 = np.repeat([75, 100, 150], [6 * 3, 9 * 4, 6])[:, None, None]  # of each kernel
    inputs = {"c1": 25, "c3": c3, "c5": 400, "f6": 120}
    for layer, fan_in in inputs.items():
        relative = np.abs(weights[f"{layer}.weight"]) * fan_in**power / scale
        assert 0.95 < relative.max() <= 1.0001, layer
    assert all((w == 0).all() for name, w in weights.items() if name.endswith("bias"))
    assert all((weights[f"{layer}.coefficient"] == 0.5).all() for layer in ("s2", "s4"))

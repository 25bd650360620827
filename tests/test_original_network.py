"""The network of 1998 against the figures, tables and equations of the paper."""

import hashlib

import numpy as np
import pytest
import torch

from lenet.original import figures, network
from lenet.original.recipe import Recipe1998, initial_weights

# In double precision, to compare sums exactly.
RNG = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 1, 32, 32, generator=RNG, dtype=torch.float64) * 1.275 - 0.1
WEIGHTS = initial_weights(3, Recipe1998(scale=1.0, coefficient=0.4))
MODEL = network.with_weights(WEIGHTS).double().requires_grad_(False)
for layer in MODEL.children():
    layer.bias += torch.linspace(-0.5, 0.5, len(layer.bias))


def test_parameters_and_connections_are_the_papers():
    """A connection is one input of one unit, biases included (sec. II-B)."""
    sizes = [sum(p.numel() for p in layer.parameters()) for layer in MODEL.children()]
    assert sizes == [156, 12, 1516, 32, 48120, 10164]
    units = [state[0].numel() for state in MODEL.states(IMAGES).values()]
    inputs = [25, 4, 25 * len(network.C3_INPUTS) / 16, 4, 400, 120]
    counts = [n * (each + 1) for n, each in zip(units, inputs, strict=True)]
    assert counts == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164]
    _, *listed, _, total = figures.layers(network.LeNet5_1998())
    assert [row[2] for row in listed] == sizes
    assert [row[3] for row in listed] == counts
    assert total[2:] == [60_000, sum(counts) + 10 * 84] == [60_000, 340_908]


def test_table_1_follows_the_rule_of_the_text():
    """Six threes and six fours in a row, three broken fours, and one that sees all."""
    table = [set(inputs) for inputs in network.C3_TABLE]
    assert table[:6] == [{(m + k) % 6 for k in range(3)} for m in range(6)]
    assert table[6:12] == [{(m + k) % 6 for k in range(4)} for m in range(6)]
    assert [len(inputs) for inputs in table[12:]] == [4, 4, 4, 6]
    assert len(set(network.C3_TABLE)) == 16
    assert np.bincount(network.C3_INPUTS).tolist() == [10] * 6


def test_codes_are_those_of_figure_3():
    codes = network.rbf_codes()
    digest = hashlib.sha256(codes.tobytes()).hexdigest()
    assert digest == "0901b360e6d372db3f8e160e377ab3cf02ed5a98f10bcc15ffe77ee007dea3e4"
    assert (codes > 0).sum(1).tolist() == [35, 27, 33, 32, 41, 35, 39, 25, 43, 39]
    assert (codes[7].reshape(12, 7)[0] == 1).all()


def test_input_levels_are_the_papers():
    digits = torch.zeros(1, 32, 32, dtype=torch.uint8)
    digits[0, 2, 2] = 255
    x = network.to_input(digits)
    assert x.shape == (1, 1, 32, 32)
    assert (x.max(), x[0, 0, 2, 2], x.min()) == pytest.approx((1.175, 1.175, -0.1))


def test_s2_squashes_a_scaled_and_shifted_sum_of_four():
    layer = network.Subsample(1)
    values = {"coefficient": torch.tensor([0.03]), "bias": torch.tensor([0.25])}
    layer.load_state_dict(values)
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
        for s, kernel in zip(inputs, kernels, strict=False):
            for i, j in np.ndindex(10, 10):
                patch = s2.numpy()[:, s, i : i + 5, j : j + 5]
                expected[:, m, i, j] += (patch * kernel).sum((1, 2))
    np.testing.assert_allclose(MODEL.c3(s2), expected, rtol=1e-12, atol=1e-12)


def test_distances_are_those_to_the_codes_of_a_squashed_f6():
    states = MODEL.states(IMAGES)
    assert all(state.abs().max() < network.AMPLITUDE for state in states.values())
    f6 = states["f6"].numpy()
    expected = ((f6[:, None] - network.rbf_codes()) ** 2).sum(2)
    np.testing.assert_allclose(MODEL(IMAGES), expected)


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
    weights = initial_weights(0, Recipe1998(scale, power, coefficient=0.5))
    c3 = np.repeat([75, 100, 150], [6 * 3, 9 * 4, 6])[:, None, None]  # of each kernel
    inputs = {"c1": 25, "c3": c3, "c5": 400, "f6": 120}
    for layer, fan_in in inputs.items():
        relative = np.abs(weights[f"{layer}.weight"]) * fan_in**power / scale
        assert 0.95 < relative.max() <= 1.0001, layer
    assert all((w == 0).all() for name, w in weights.items() if name.endswith("bias"))
    assert all((weights[f"{layer}.coefficient"] == 0.5).all() for layer in ("s2", "s4"))

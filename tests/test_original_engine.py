"""The compiled engine against the PyTorch network and autograd."""

import numpy as np
import pytest
import torch

from lenet.original import engine, kernels, network, sdlm
from lenet.original.network import LeNet5_1998

CODES = network.rbf_codes().astype(np.float32)
NO_RUBBISH = np.float32("nan")


@pytest.fixture(scope="module")
def digits():
    """Strokes at random places: no file is needed, and no two are alike."""
    rng = np.random.default_rng(0)
    images = np.zeros((60, 32, 32), np.uint8)
    for image in images:
        for _ in range(4):
            i, j = rng.integers(4, 22, 2)
            image[i : i + rng.integers(2, 8), j : j + rng.integers(2, 8)] = 255
    return images


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(1).integers(0, 10, 60).astype(np.uint8)


@pytest.fixture
def weights():
    drawn = network.initial_weights(seed=2, scale=1.4, power=0.5, coefficient=0.5)
    rng = np.random.default_rng(3)
    for name in drawn:
        if name.endswith(("bias", "coefficient")):
            drawn[name] += rng.normal(0, 0.1, drawn[name].shape).astype(np.float32)
    return drawn


def as_model(weights):
    model = LeNet5_1998()
    model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    return model


def as_net(weights):
    return kernels.Net(*(weights[name].copy() for name in kernels.NAMES))


def loss_of(model, digit, label, factor, rubbish):
    distances = factor * model(network.to_input(digit[None]))
    target = torch.tensor([int(label)])
    if rubbish is None:
        return network.mse_loss(distances, target)
    return network.map_loss(distances, target, rubbish)


def train(net, steps, digits, labels, order, factor, rubbish):
    j = NO_RUBBISH if rubbish is None else np.float32(rubbish)
    return kernels.train_digits(
        net, steps, kernels.new_state(), digits.reshape(-1, 1024), labels,
        np.asarray(order), CODES, np.float32(factor), j,
    )  # fmt: skip


CRITERIA = [(1.0, None), (0.5, None), (1.0, 0.1), (0.5, 3.0), (0.5, 40.0), (1.0, 1e9)]


@pytest.mark.parametrize(("factor", "rubbish"), CRITERIA)
def test_one_step_of_size_one_is_the_gradient(weights, digits, labels, factor, rubbish):
    model, net = as_model(weights), as_net(weights)
    loss_of(model, digits[4], labels[4], factor, rubbish).backward()
    ones = kernels.Net(*(np.ones_like(w) for w in net))
    train(net, ones, digits, labels, [4], factor, rubbish)
    for name, after in zip(kernels.NAMES, net, strict=True):
        gradient = model.get_parameter(name).grad.numpy()
        tolerance = 1e-5 * np.abs(gradient).max()
        np.testing.assert_allclose(
            weights[name] - after, gradient, rtol=2e-4, atol=tolerance, err_msg=name
        )


@pytest.mark.parametrize(("factor", "rubbish"), [(0.5, 10.0), (1.0, None)])
def test_fifty_steps_follow_autograd(weights, digits, labels, factor, rubbish):
    """Every parameter has its own step size, each digit meets updated weights."""
    model, net = as_model(weights), as_net(weights)
    images = network.to_input(digits)
    steps = sdlm.step_sizes(sdlm.diagonal_curvature(model, images, 2 * factor), 5e-4)
    order = np.random.default_rng(4).permutation(60)[:50]
    num_wrong = 0
    for n in order:
        num_wrong += int(model.predict(images[n : n + 1]) != int(labels[n]))
        model.zero_grad()
        loss_of(model, digits[n], labels[n], factor, rubbish).backward()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter -= steps[name] * parameter.grad
    fast_steps = kernels.Net(*(steps[name].numpy() for name in kernels.NAMES))
    assert train(net, fast_steps, digits, labels, order, factor, rubbish) == num_wrong
    for name, after in zip(kernels.NAMES, net, strict=True):
        expected = model.get_parameter(name).detach().numpy()
        np.testing.assert_allclose(after, expected, rtol=1e-3, atol=2e-4, err_msg=name)


def test_states_are_those_of_the_network(weights, digits):
    state = kernels.new_state()
    kernels.forward(as_net(weights), state, digits[0].reshape(-1))
    slow = as_model(weights).states(network.to_input(digits[:1]))
    fast = {
        "c1": state.c1.reshape(6, 28, 32)[:, :, :28],
        "s2": state.s2[:, :196].reshape(6, 14, 14),
        "c3": state.c3[:, :140].reshape(16, 10, 14)[:, :, :10],
        "s4": state.s4.reshape(16, 5, 5),
        "c5": state.c5.reshape(120, 1, 1),
        "f6": state.f6,
    }
    for name, values in fast.items():
        expected = slow[name][0].detach().numpy()
        np.testing.assert_allclose(values, expected, atol=2e-6, err_msg=name)


def test_squash_agrees_with_tanh_and_never_leaves_its_range():
    a = np.linspace(-40, 40, 100_001).astype(np.float32)
    y = a.copy()
    kernels.squash_all(y)
    np.testing.assert_allclose(y, 1.7159 * np.tanh(2 / 3 * a.astype(float)), atol=6e-7)
    assert np.abs(y).max() <= np.float32(1.7159)


def test_classify_is_predict(weights, digits):
    fast = engine.predict(weights, digits)
    slow = as_model(weights).predict(network.to_input(digits)).numpy()
    assert fast.tolist() == slow.tolist()


def short(**changes):
    return engine.Recipe1998(etas=(5e-4, 2e-4), **changes)


def test_training_repeats_with_its_seed_and_only_with_it(digits, labels):
    first, history = engine.train_1998(digits, labels, short(), seed=0)
    again, repeat = engine.train_1998(digits, labels, short(), seed=0)
    other, _ = engine.train_1998(digits, labels, short(), seed=1)
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["c5.weight"] != other["c5.weight"]).any()
    assert [p.num_wrong for p in history] == [p.num_wrong for p in repeat]


def test_training_learns_its_digits(digits, labels):
    recipe = engine.Recipe1998(etas=(5e-4,) * 15)
    weights, history = engine.train_1998(digits, labels, recipe, seed=0)
    assert history[-1].num_wrong < history[0].num_wrong / 2
    assert (engine.predict(weights, digits) == labels).mean() > 0.5


def test_on_pass_sees_the_weights_of_the_pass(digits, labels):
    seen = []

    def on_pass(record, weights):
        seen.append((record.number, weights["f6.bias"].copy()))

    last, history = engine.train_1998(digits, labels, short(), 0, on_pass)
    assert [number for number, _ in seen] == [1, 2] == [p.number for p in history]
    assert (seen[1][1] == last["f6.bias"]).all()
    assert (seen[0][1] != seen[1][1]).any()


def record_curvatures(monkeypatch, digits, labels, policy):
    """Train four passes; return the curvature in force in each, by tensor name."""
    used, step_sizes = [], engine.step_sizes

    def listen(curvature, eta, mu):
        used.append({name: h.clone() for name, h in curvature.items()})
        return step_sizes(curvature, eta, mu)

    monkeypatch.setattr(engine, "step_sizes", listen)
    recipe = engine.Recipe1998(etas=(5e-4,) * 4, curvature=policy)
    engine.train_1998(digits, labels, recipe, seed=0)
    return used


def test_the_curvature_is_estimated_before_each_pass(monkeypatch, digits, labels):
    each = record_curvatures(monkeypatch, digits, labels, "each")
    assert len(each) == 4
    assert any((each[1][name] != each[0][name]).any() for name in each[0])


def test_curvature_averaged_over_each_layer(monkeypatch, digits, labels):
    each, layer = (
        record_curvatures(monkeypatch, digits, labels, policy)[0]
        for policy in ("each", "layer")
    )
    of_f6 = torch.cat([each["f6.weight"].flatten(), each["f6.bias"]])
    for name in ("f6.weight", "f6.bias"):
        torch.testing.assert_close(layer[name], of_f6.mean().expand_as(layer[name]))
    assert len({float(h.flatten()[0]) for h in layer.values()}) == 6


def test_fixed_weights_are_taken_and_never_move(digits, labels):
    fixed = {"c1.weight": np.full((6, 1, 5, 5), 0.1, np.float32)}
    weights, _ = engine.train_1998(digits, labels, short(), 0, fixed=fixed)
    free, _ = engine.train_1998(digits, labels, short(), 0)
    assert (weights["c1.weight"] == 0.1).all()
    assert (weights["c1.bias"] != 0).all()
    assert (weights["f6.weight"] != free["f6.weight"]).any()


def test_wrong_digits_are_counted(weights, digits, labels):
    wrong = (engine.predict(weights, digits) != labels).sum()
    assert engine.count_wrong(weights, digits, labels) == wrong


def test_passes_shorter_than_the_set_go_round_in_order():
    order = np.array([7, 3, 5, 1, 9])
    parts = [engine._part(order, number, 2).tolist() for number in (1, 2, 3, 4)]
    assert parts == [[7, 3], [5, 1], [9, 7], [3, 5]]
    assert engine._part(order, 4, 5).tolist() == order.tolist()


def test_digits_of_the_wrong_form_are_refused(digits, labels):
    with pytest.raises(ValueError, match="expected uint8 digits of 32×32"):
        engine.train_1998(digits[:, 2:30, 2:30], labels, short(), 0)
    with pytest.raises(ValueError, match="60 digits but 59 labels"):
        engine.train_1998(digits, labels[:59], short(), 0)
    with pytest.raises(ValueError, match="from 0 to 9, got 12"):
        engine.train_1998(digits, np.where(labels == 3, 12, labels), short(), 0)


def test_digits_to_read_of_the_wrong_form_are_refused(weights, digits):
    with pytest.raises(ValueError, match="expected uint8 digits of 32×32"):
        engine.predict(weights, digits[:, 2:30, 2:30])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("distance_factor", 0.0),
        ("rubbish", float("nan")),
        ("digits_per_pass", -5),
        ("curvature", "never"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        short(**{name: value})

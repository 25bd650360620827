from math import log

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d
from torch.nn import functional as F

from lenet import LeNet5
from lenet.model import (
    InplaceTanh,
    count_parameters,
    layer_facts,
    new_model,
    pick_device,
)


def test_each_layer_has_the_shape_of_the_paper_and_its_parameters():
    facts = {fact.name: fact for fact in layer_facts(LeNet5())}
    assert {name: fact.output_shape for name, fact in facts.items()} == {
        "c1": (6, 28, 28),
        "s2": (6, 14, 14),
        "c3": (16, 10, 10),
        "s4": (16, 5, 5),
        "c5": (120, 1, 1),
        "f6": (84,),
        "output": (10,),
    }
    assert {name: fact.num_parameters for name, fact in facts.items()} == {
        "c1": 6 * (5 * 5 + 1),
        "s2": 0,
        "c3": 16 * (6 * 5 * 5 + 1),
        "s4": 0,
        "c5": 120 * (16 * 5 * 5 + 1),
        "f6": 84 * (120 + 1),
        "output": 10 * (84 + 1),
    }


def test_the_totals_are_61706_here_and_60000_in_the_paper():
    model = LeNet5()
    assert count_parameters(model) == 61_706
    assert sum(fact.num_parameters for fact in layer_facts(model)) == 61_706
    assert sum(fact.paper_parameters for fact in layer_facts(model)) == 60_000


def test_frozen_parameters_are_not_counted_as_trainable():
    model = LeNet5()
    model.classifier.requires_grad_(False)
    assert count_parameters(model) == 61_706 - 10_164 - 850


# The forward pass against the same network in NumPy


def convolve(maps, weight, bias):
    """Correlate every input map with its kernel and add up, map by map."""
    return np.stack(
        [
            sum(correlate2d(m, k, "valid") for m, k in zip(maps, kernels, strict=True))
            + b
            for kernels, b in zip(weight, bias, strict=True)
        ]
    )


def subsample(maps):
    """Average each 2x2 square."""
    num_maps, height, width = maps.shape
    return maps.reshape(num_maps, height // 2, 2, width // 2, 2).mean((2, 4))


def numpy_lenet(model, image):
    values = model.state_dict()
    weights = {name: value.double().numpy() for name, value in values.items()}

    def of(layer):
        prefix = "classifier" if layer in ("f6", "output") else "feature_extractor"
        name = f"{prefix}.{layer}"
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    layers = {name: of(name) for name in ("c1", "c3", "c5", "f6", "output")}
    s2 = subsample(np.tanh(convolve(image, *layers["c1"])))
    s4 = subsample(np.tanh(convolve(s2, *layers["c3"])))
    c5 = np.tanh(convolve(s4, *layers["c5"])).ravel()
    weight, bias = layers["f6"]
    f6 = np.tanh(weight @ c5 + bias)
    weight, bias = layers["output"]
    return weight @ f6 + bias


@torch.no_grad()
def test_the_logits_are_those_of_the_same_network_in_numpy():
    model = new_model(seed=1)
    for parameter in model.parameters():
        parameter.mul_(3)  # far from the straight part of tanh
    images = torch.rand(3, 1, 32, 32)
    logits = np.stack([numpy_lenet(model, image.double().numpy()) for image in images])
    assert np.ptp(logits) > 1
    np.testing.assert_allclose(model(images).numpy(), logits, atol=1e-4)


def test_the_gradients_are_those_of_the_same_network_without_shortcuts():
    model, images = new_model(seed=1), torch.rand(3, 1, 32, 32)
    labels = torch.tensor([1, 2, 3])
    F.cross_entropy(model(images), labels).backward()

    plain = [p.detach().double().requires_grad_() for p in model.parameters()]
    maps = images.double()
    for layer in range(3):
        maps = torch.tanh(F.conv2d(maps, *plain[2 * layer : 2 * layer + 2]))
        maps = F.avg_pool2d(maps, 2) if layer < 2 else maps.flatten(1)
    logits = F.linear(torch.tanh(F.linear(maps, *plain[6:8])), *plain[8:])
    expected = torch.autograd.grad(F.cross_entropy(logits, labels), plain)
    for parameter, grad in zip(model.parameters(), expected, strict=True):
        assert float(grad.abs().max()) > 1e-4
        torch.testing.assert_close(parameter.grad.double(), grad, atol=1e-6, rtol=1e-4)


def test_the_fast_tanh_is_tanh():
    values = torch.cat([torch.linspace(-12, 12, 20_001), torch.tensor([-1e4, 1e4])])
    exact = torch.tanh(values.double())
    found = InplaceTanh()(values.clone()).double()
    assert float((found - exact).abs().max()) < 3e-7
    assert InplaceTanh()(torch.tensor([0.0, torch.nan])).isnan().tolist() == [0, 1]


@torch.no_grad()
def test_images_do_not_influence_each_other():
    model, images = new_model(seed=0), torch.rand(5, 1, 32, 32)
    alone = torch.cat([model(image[None]) for image in images])
    torch.testing.assert_close(model(images), alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "shape", [(2, 1, 28, 28), (1, 32, 32), (32, 32), (2, 3, 32, 32), (2, 1, 32, 31)]
)
def test_another_shape_is_refused_with_what_to_do(shape):
    with pytest.raises(
        ValueError, match=r"expected images of shape .*lenet\.data\.pad"
    ) as error:
        LeNet5()(torch.zeros(shape))
    assert str(shape) in str(error.value)


# Initial weights


def flat(model):
    return torch.cat([parameter.flatten() for parameter in model.parameters()])


def test_initial_weights_depend_on_the_seed_alone():
    one = flat(new_model(seed=1))
    torch.manual_seed(99)
    assert torch.equal(flat(new_model(seed=1)), one)
    assert not torch.equal(flat(new_model(seed=2)), one)


def test_a_new_model_leaves_the_global_generator_as_it_was():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    new_model(seed=1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_new_model_leaves_the_devices_generator_as_it_was():
    torch.cuda.manual_seed(5)
    expected = torch.rand(3, device="cuda")
    torch.cuda.manual_seed(5)
    new_model(seed=1, device="cuda")
    assert torch.equal(torch.rand(3, device="cuda"), expected)


@pytest.mark.parametrize("seed", range(3))
@torch.no_grad()
def test_the_loss_before_training_is_that_of_a_guess(sample, seed):
    digits = sample.train[:200]
    logits = new_model(seed)(digits.images[:, None] / 255)
    assert float(F.cross_entropy(logits, digits.labels)) == pytest.approx(log(10), 0.02)


def test_the_device_picked_can_run_the_network():
    device = pick_device()
    logits = new_model(0, device)(torch.zeros(1, 1, 32, 32, device=device))
    assert logits.shape == (1, 10)

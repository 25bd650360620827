import numpy as np
import pytest
import torch
from scipy.signal import correlate
from torch.nn import functional as F

from lenet import LeNet5
from lenet.fit import pick_device
from lenet.model import layer_outputs, new_model

LAYERS = {  # shapes as in Fig. 2 of the paper, and parameters
    "c1": ((6, 28, 28), 6 * (5 * 5 + 1)),
    "s2": ((6, 14, 14), 0),
    "c3": ((16, 10, 10), 16 * (6 * 5 * 5 + 1)),
    "s4": ((16, 5, 5), 0),
    "c5": ((120, 1, 1), 120 * (16 * 5 * 5 + 1)),
    "f6": ((84,), 84 * (120 + 1)),
    "output": ((10,), 10 * (84 + 1)),
}


def test_each_layer_has_the_shape_of_the_paper_and_61706_parameters_in_all():
    model = LeNet5()
    outputs = layer_outputs(model, torch.zeros(2, 1, 32, 32))
    counts = dict.fromkeys(outputs, 0)
    for name, parameter in model.named_parameters():
        counts[name.split(".")[1]] += parameter.numel()
    found = {name: (tuple(outputs[name].shape[1:]), counts[name]) for name in outputs}
    assert found == LAYERS
    assert sum(counts.values()) == 61_706


# The network against the same network in NumPy, and without its modules


def convolve(maps, weight, bias):
    """Slide each kernel over all maps at once, and add up."""
    kernels = zip(weight, bias, strict=True)
    return np.concatenate(
        [correlate(maps, kernel, "valid") + b for kernel, b in kernels]
    )


def subsample(maps):
    """Average each 2x2 square."""
    return maps.reshape(len(maps), maps.shape[1] // 2, 2, -1, 2).mean((2, 4))


def numpy_lenet(model, image):
    """Return the output of each layer for one ``(1, 32, 32)`` image."""
    values = [parameter.double().numpy() for parameter in model.parameters()]
    c1, c3, c5, f6, output = zip(values[::2], values[1::2], strict=True)
    found = {"c1": np.tanh(convolve(image, *c1))}
    found["s2"] = subsample(found["c1"])
    found["c3"] = np.tanh(convolve(found["s2"], *c3))
    found["s4"] = subsample(found["c3"])
    found["c5"] = np.tanh(convolve(found["s4"], *c5))
    found["f6"] = np.tanh(f6[0] @ found["c5"].ravel() + f6[1])
    return found | {"output": output[0] @ found["f6"] + output[1]}


@torch.no_grad()
def test_logits_and_layers_are_those_of_the_same_network_in_numpy():
    model, images = new_model(seed=1), torch.rand(3, 1, 32, 32)
    for parameter in model.parameters():
        parameter.mul_(3)  # far from the straight part of tanh
    outputs, logits = layer_outputs(model, images), model(images)
    for place, image in enumerate(images):
        expected = numpy_lenet(model, image.double().numpy())
        assert np.ptp(expected["output"]) > 1
        np.testing.assert_allclose(logits[place], expected["output"], atol=1e-4)
        for name, values in expected.items():
            np.testing.assert_allclose(outputs[name][place], values, atol=1e-4)


def test_the_gradients_are_those_of_the_same_network_without_its_modules():
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


@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (1, 32, 32), (2, 3, 32, 32)])
def test_another_shape_is_refused_with_what_to_do(shape):
    wanted = r"expected images of shape \(N, 1, 32, 32\), got .*lenet\.data\.pad"
    with pytest.raises(ValueError, match=wanted) as error:
        LeNet5()(torch.zeros(shape))
    assert str(shape) in str(error.value)


def test_initial_weights_depend_on_the_seed_alone_and_leave_the_generators_alone():
    weights, other = (new_model(seed).state_dict() for seed in (1, 2))
    for device in {"cpu", str(pick_device())}:
        torch.manual_seed(5)
        expected = torch.rand(3, device=device)
        torch.manual_seed(5)
        again = new_model(1, device).cpu().state_dict()
        assert torch.equal(torch.rand(3, device=device), expected)
        assert all(torch.equal(again[name], weights[name]) for name in weights)
    assert not any(torch.equal(other[name], weights[name]) for name in weights)

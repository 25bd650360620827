"""One digit at a time through the compiled network, back, and on to the next.

Weights, or their step sizes, are a `Net`; outputs and derivatives of a digit a `State`.
"""

from collections import namedtuple

import numpy as np

from lenet.original import kernels, network
from lenet.original.kernels import C1, C3, compiled

NAMES = tuple(name for name, _ in network.LeNet5_1998().named_parameters())
Net = namedtuple("Net", "c1 s2 c3 s4 c5 f6")
Layer = namedtuple("Layer", "weight bias")  # the weight of S2 and S4: the coefficient

# The squashed outputs of one digit, and the derivatives of the loss by their sums.
SHAPES = {
    "x": (1, 1040), "c1": (6, C1.size), "s2_sums": (6, 196), "s2": (6, 208),
    "c3": (16, C3.size), "s4_sums": (16, 25), "s4": (16, 25), "c5": 120, "f6": 84,
    "d1": (6, C1.size), "d2": (6, 208), "d3": (16, C3.lead + 212),
    "d4": (16, 25), "d5": 120, "d6": 84,
}  # fmt: skip
State = namedtuple("State", SHAPES)

CODES = network.rbf_codes().astype(np.float32)
grey_to_input = compiled(network.scaled)


def as_net(values: dict) -> Net:
    """View the named arrays or tensors as the kernels do; memory is shared."""
    flat = {"c1.weight": (6, 5, 5), "c5.weight": (120, 400)}
    arrays = {name: np.asarray(values[name]) for name in NAMES}
    views = [a.reshape(flat.get(name, a.shape)) for name, a in arrays.items()]
    return Net(*map(Layer, views[::2], views[1::2]))


def new_state() -> State:
    """Allocate the arrays of one digit; the paddings stay zero for good."""
    return State(*(np.zeros(shape, np.float32) for shape in SHAPES.values()))


@compiled
def forward(net, s, digit):
    """Run one (1024,) uint8 digit through the network; outputs are left in `s`."""
    for p in range(digit.size):
        s.x[0, p] = grey_to_input(digit[p])
    kernels.convolutions(net.c1, C1, s.x, s.c1)
    kernels.subsample(net.s2, C1, s.c1, s.s2_sums, s.s2)
    kernels.convolutions(net.c3, C3, s.s2, s.c3)
    kernels.subsample(net.s4, C3, s.c3, s.s4_sums, s.s4)
    kernels.full(net.c5, s.s4.reshape(-1), s.c5)
    kernels.full(net.f6, s.c5, s.f6)


@compiled
def distances(f6, factor, out):
    """Fill `out` with factor times the squared distances; return the nearest digit."""
    for c in range(10):
        acc = np.float32(0)
        for k in range(84):
            acc += (f6[k] - CODES[c, k]) ** 2
        out[c] = factor * acc
    return out.argmin()


@compiled
def output_derivative(s, label, y, factor, rubbish):
    """Set `s.d6` to the derivative of the loss by the sums of F6.

    `rubbish` is j of the MAP criterion; nan, which is no distance, means MSE instead.
    """
    for k in range(84):
        s.d6[k] = s.f6[k] - CODES[label, k]
    if not np.isnan(rubbish):
        nearest = min(y.min(), rubbish)
        norm = np.exp(nearest - rubbish) + np.exp(nearest - y).sum()
        for c in range(10):
            posterior = np.exp(nearest - y[c]) / norm
            for k in range(84):
                s.d6[k] -= posterior * (s.f6[k] - CODES[c, k])
    for k in range(84):
        s.d6[k] *= 2 * factor * kernels.slope(s.f6[k])


@compiled
def backward(net, step, s):
    """Propagate `s.d6` back and move every weight by its own step at once."""
    kernels.full_back(net.f6, step.f6, s.c5, s.d6, s.d5)
    kernels.full_back(net.c5, step.c5, s.s4.reshape(-1), s.d5, s.d4.reshape(-1))
    kernels.subsample_back(net.s4, step.s4, C3, s.c3, s.s4_sums, s.d4, s.d3)
    s.d2[:] = 0
    for k in range(len(net.c3.weight)):
        d2, d3 = s.d2[C3.inputs[k]], s.d3[C3.outputs[k]]
        kernels.convolve(d2, d3, net.c3.weight[k], C3.lead, -C3.row, -1)
    d2, s2 = s.d2.reshape(-1), s.s2.reshape(-1)
    for p in range(d2.size):
        d2[p] *= kernels.slope(s2[p])
    kernels.move_convolutions(net.c3, step.c3, C3, s.s2, s.d3)
    kernels.subsample_back(net.s2, step.s2, C1, s.c1, s.s2_sums, s.d2, s.d1)
    kernels.move_convolutions(net.c1, step.c1, C1, s.x, s.d1)


@compiled
def train_digits(net, step, s, digits, labels, factor, rubbish):
    """Learn (N, 1024) digits one at a time; count those got wrong beforehand."""
    y, num_wrong = np.zeros(10, np.float32), 0
    for n in range(len(digits)):
        forward(net, s, digits[n])
        num_wrong += distances(s.f6, factor, y) != labels[n]
        output_derivative(s, labels[n], y, factor, rubbish)
        backward(net, step, s)
    return num_wrong


@compiled
def classify(net, s, digits):
    """Return the digit whose code lies nearest, for each of (N, 1024) digits."""
    y, preds = np.zeros(10, np.float32), np.zeros(len(digits), np.uint8)
    for n in range(len(digits)):
        forward(net, s, digits[n])
        preds[n] = distances(s.f6, np.float32(1), y)
    return preds

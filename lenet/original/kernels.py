"""Train the network of 1998 one digit at a time, fast enough to repeat it over seeds.

PyTorch spends about a millisecond on one digit, nearly all of it on calls. This is the
same arithmetic, compiled by Numba. The tests hold it against autograd on `LeNet5_1998`.

A map is one row of a matrix, and a row of a map keeps the length of the layer below (32
in C1, 14 in C3), so that a 5x5 convolution is 25 shifted additions of one long row. The
columns left over on the right of a map hold sums that wrap around and are never read.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numba import njit

from lenet.original import network

NAMES = tuple(name for name, _ in network.LeNet5_1998().named_parameters())
# Weights, or their step sizes: of each layer its weight or coefficient, and its bias.
Net = namedtuple("Net", "c1 s2 c3 s4 c5 f6")
Layer = namedtuple("Layer", "weight bias")

# Of C1 and C3: output and input map of each kernel, length of a row and of a map, where
# a map starts in its derivatives, and the side of a map once subsampled.
Maps = namedtuple("Maps", "outputs inputs row size lead half")
C1 = Maps(np.arange(6), np.zeros(6, int), row=32, size=28 * 32, lead=0, half=14)
TABLE = np.array(network.C3_MAPS), np.array(network.C3_INPUTS)
# Zeros before a map of derivatives: shifted back by a kernel, they stay inside.
C3 = Maps(*TABLE, row=14, size=144, lead=60, half=5)

# The squashed outputs of one digit, and the derivatives of the loss by their sums.
SHAPES = {
    "x": (1, 1040), "c1": (6, C1.size), "s2_sums": (6, 196), "s2": (6, 208),
    "c3": (16, C3.size), "s4_sums": (16, 25), "s4": (16, 25), "c5": 120, "f6": 84,
    "d1": (6, C1.size), "d2": (6, 208), "d3": (16, C3.lead + 212),
    "d4": (16, 25), "d5": 120, "d6": 84,
}  # fmt: skip
State = namedtuple("State", SHAPES)

CODES = network.rbf_codes().astype(np.float32)
A, S = np.float32(network.AMPLITUDE), np.float32(network.SLOPE)
# Polynomials in t*t, highest power first, for tanh(t) = t * ODD / EVEN: those of Eigen.
ODD = tuple(map(np.float32, (
    -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
    5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04,
    4.89352455891786e-03,
)))  # fmt: skip
EVEN = tuple(map(np.float32, (
    1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03,
    4.89352518554385e-03,
)))  # fmt: skip

ROUNDING = {"reassoc", "contract", "nsz", "arcp"}  # reorder sums, but keep inf and nan
# Compiled anew in every process: what Numba loads from its cache is joined differently
# and rounds differently, and the same seed must give the same bits.
compiled = njit(fastmath=ROUNDING, error_model="numpy")
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
def squash_all(a):
    """Replace every sum in the flat array by 1.7159 tanh(2/3 sum), within 3e-7.

    Unlike the library's tanh, this one runs on eight or sixteen numbers at a time.
    """
    for i in range(a.size):
        t = min(max(S * a[i], np.float32(-7.9)), np.float32(7.9))
        odd, even = ODD[0], EVEN[0]
        for c in ODD[1:]:
            odd = odd * (t * t) + c
        for c in EVEN[1:]:
            even = even * (t * t) + c
        a[i] = A * (t * odd / even)


@compiled
def slope(y):
    """Return f' of a unit from its output."""
    return S * (A - y * y / A)


@compiled
def convolve(out, x, w, first, row, column):
    """Add to `out` the units of x under a 5x5 kernel that starts at `first`.

    One kernel row down is `row` units of x further, one column `column` further; both
    negative, a derivative goes back to where it came from. Only unsigned indexes, which
    cannot count from the end of an array, let the compiler use vector instructions.
    """
    for ky in range(5):
        taps, start = w[ky], first + ky * row
        for p in range(out.size):
            acc = out[p]
            for kx in range(5):
                acc += taps[kx] * x[np.uintp(start + p + kx * column)]
            out[p] = acc


@compiled
def move_kernel(w, step, d, x, row):
    """Move a 5x5 kernel: its gradient is d times x, shifted, summed over the map."""
    for ky in range(5):
        g0 = g1 = g2 = g3 = g4 = np.float32(0)
        start = ky * row
        for p in range(d.size):
            g0 += d[p] * x[np.uintp(start + p)]
            g1 += d[p] * x[np.uintp(start + p + 1)]
            g2 += d[p] * x[np.uintp(start + p + 2)]
            g3 += d[p] * x[np.uintp(start + p + 3)]
            g4 += d[p] * x[np.uintp(start + p + 4)]
        for kx, g in enumerate((g0, g1, g2, g3, g4)):
            w[ky, kx] -= step[ky, kx] * g


@compiled
def convolutions(layer, maps, x, out):
    """Fill `out` with the squashed maps of C1 or C3."""
    for m in range(len(out)):
        out[m] = layer.bias[m]
    for k in range(len(layer.weight)):
        source = x[maps.inputs[k]]
        convolve(out[maps.outputs[k]], source, layer.weight[k], 0, maps.row, 1)
    squash_all(out.reshape(-1))


@compiled
def move_convolutions(layer, step, maps, x, d):
    """Move the kernels and the biases of C1 or C3 against their derivatives."""
    for k in range(len(layer.weight)):
        d_map = d[maps.outputs[k]][maps.lead : maps.lead + maps.size]
        source = x[maps.inputs[k]]
        move_kernel(layer.weight[k], step.weight[k], d_map, source, maps.row)
    for m in range(len(layer.bias)):
        layer.bias[m] -= step.bias[m] * d[m].sum()


@compiled
def subsample(layer, maps, x, sums, out):
    """Fill `sums` with the 2x2 block sums of all maps and `out` with S2 or S4."""
    half, row = maps.half, maps.row
    for m in range(len(sums)):
        for i in range(half):
            for j in range(half):
                p = 2 * i * row + 2 * j
                block = x[m, p] + x[m, p + 1] + x[m, p + row] + x[m, p + row + 1]
                sums[m, i * half + j] = block
        for p in range(half * half):
            out[m, p] = layer.weight[m] * sums[m, p] + layer.bias[m]
    squash_all(out.reshape(-1))


@compiled
def subsample_back(layer, step, maps, x, sums, d, d_x):
    """Hand the derivatives d of S2 or S4 to the units of each block; move the layer."""
    half, row = maps.half, maps.row
    for m in range(len(sums)):
        for i in range(half):
            for j in range(half):
                g, p = layer.weight[m] * d[m, i * half + j], 2 * i * row + 2 * j
                for q in (p, p + 1, p + row, p + row + 1):
                    d_x[m, maps.lead + q] = g * slope(x[m, q])
        by_sums = np.float32(0)
        for p in range(half * half):
            by_sums += d[m, p] * sums[m, p]
        layer.weight[m] -= step.weight[m] * by_sums
        layer.bias[m] -= step.bias[m] * d[m][: half * half].sum()


@compiled
def full(layer, x, out):
    """Fill `out` with the squashed units of a fully connected layer."""
    for o in range(out.size):
        row, acc = layer.weight[o], np.float32(0)
        for i in range(x.size):
            acc += row[i] * x[i]
        out[o] = acc + layer.bias[o]
    squash_all(out)


@compiled
def full_back(layer, step, x, d, d_x):
    """Move a fully connected layer and set d_x, in one sweep over its weights."""
    d_x[:] = 0
    for o in range(d.size):
        row, step_row, g = layer.weight[o], step.weight[o], d[o]
        for i in range(x.size):
            d_x[i] += g * row[i]
            row[i] -= step_row[i] * g * x[i]
        layer.bias[o] -= step.bias[o] * g
    for i in range(x.size):
        d_x[i] *= slope(x[i])


@compiled
def forward(net, s, digit):
    """Run one (1024,) uint8 digit through the network; outputs are left in `s`."""
    for p in range(digit.size):
        s.x[0, p] = grey_to_input(digit[p])
    convolutions(net.c1, C1, s.x, s.c1)
    subsample(net.s2, C1, s.c1, s.s2_sums, s.s2)
    convolutions(net.c3, C3, s.s2, s.c3)
    subsample(net.s4, C3, s.c3, s.s4_sums, s.s4)
    full(net.c5, s.s4.reshape(-1), s.c5)
    full(net.f6, s.c5, s.f6)


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
    s.d6[:] = s.f6 - CODES[label]
    if not np.isnan(rubbish):
        nearest = min(y.min(), rubbish)
        norm = np.exp(nearest - rubbish) + np.exp(nearest - y).sum()
        for c in range(10):
            posterior = np.exp(nearest - y[c]) / norm
            for k in range(84):
                s.d6[k] -= posterior * (s.f6[k] - CODES[c, k])
    for k in range(84):
        s.d6[k] *= 2 * factor * slope(s.f6[k])


@compiled
def backward(net, step, s):
    """Propagate `s.d6` back and move every weight by its own step at once."""
    full_back(net.f6, step.f6, s.c5, s.d6, s.d5)
    full_back(net.c5, step.c5, s.s4.reshape(-1), s.d5, s.d4.reshape(-1))
    subsample_back(net.s4, step.s4, C3, s.c3, s.s4_sums, s.d4, s.d3)
    s.d2[:] = 0
    for k in range(len(net.c3.weight)):
        d2, d3 = s.d2[C3.inputs[k]], s.d3[C3.outputs[k]]
        convolve(d2, d3, net.c3.weight[k], C3.lead, -C3.row, -1)
    for m in range(6):
        for p in range(196):
            s.d2[m, p] *= slope(s.s2[m, p])
    move_convolutions(net.c3, step.c3, C3, s.s2, s.d3)
    subsample_back(net.s2, step.s2, C1, s.c1, s.s2_sums, s.d2, s.d1)
    move_convolutions(net.c1, step.c1, C1, s.x, s.d1)


@compiled
def train_digits(net, step, s, digits, labels, order, factor, rubbish):
    """Learn from digits[order], one at a time; count those got wrong beforehand."""
    y, num_wrong = np.zeros(10, np.float32), 0
    for n in order:
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

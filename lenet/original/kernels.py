"""Train the network of 1998 one digit at a time, fast enough to repeat it over seeds.

PyTorch spends about a millisecond on one digit, nearly all of it on calls. The same
arithmetic, written out here for this one network and compiled by Numba, takes a small
part of that. The tests hold every number against `LeNet5_1998` and autograd.

Maps lie in flat arrays whose rows keep the length of the layer below (32 for C1, 14
for C3), so that a 5x5 convolution is 25 shifted additions of one long row. The columns
left over on the right of a map hold sums that wrap around; they are never read.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numba import njit

from lenet.original.network import (
    AMPLITUDE,
    C3_INPUTS,
    C3_MAPS,
    INK,
    PAPER,
    SLOPE,
    LeNet5_1998,
)

NAMES = tuple(name for name, _ in LeNet5_1998().named_parameters())
# A set of float32 arrays, one per parameter tensor: weights, or their step sizes.
Net = namedtuple("Net", [name.replace(".", "_") for name in NAMES])
# The squashed outputs of one digit, and the derivatives of the loss by their sums.
State = namedtuple("State", "x c1 s2_sums s2 c3 s4_sums s4 c5 f6 d1 d2 d3 d4 d5 d6")

MAP_OF = np.array(C3_MAPS)
INPUT_OF = np.array(C3_INPUTS)
A, S = np.float32(AMPLITUDE), np.float32(SLOPE)
SPAN1, SPAN3 = 28 * 32, 144  # of one C1 map and one C3 map (10 rows of 14, padded)
LEAD = 60  # zeros before a C3 derivative map, so that shifting back stays inside
ROUNDING = {"reassoc", "contract", "nsz", "arcp"}  # reorder sums, but keep inf and nan
# Compiled anew in every process: what Numba loads from its cache is joined differently
# and rounds differently, and the same seed must give the same bits.
compiled = njit(fastmath=ROUNDING, error_model="numpy")


def new_state() -> State:
    """Allocate the arrays of one digit; the paddings stay zero for good."""
    shapes = {
        "x": 1040, "c1": (6, SPAN1), "s2_sums": (6, 196), "s2": (6, 208),
        "c3": (16, SPAN3), "s4_sums": (16, 25), "s4": 400, "c5": 120, "f6": 84,
        "d1": (6, SPAN1), "d2": (6, 208), "d3": (16, LEAD + 212),
        "d4": 400, "d5": 120, "d6": 84,
    }  # fmt: skip
    return State(**{name: np.zeros(size, np.float32) for name, size in shapes.items()})


@compiled
def squash_all(a):
    """Replace every sum in the flat array by 1.7159 tanh(2/3 sum).

    tanh is the quotient of odd and even polynomials that Eigen uses (error below 3e-7):
    unlike the library's, it runs on eight or sixteen numbers at a time.
    """
    for i in range(a.size):
        t = min(max(S * a[i], np.float32(-7.9)), np.float32(7.9))
        u = t * t
        p = np.float32(-2.76076847742355e-16)
        p = p * u + np.float32(2.00018790482477e-13)
        p = p * u + np.float32(-8.60467152213735e-11)
        p = p * u + np.float32(5.12229709037114e-08)
        p = p * u + np.float32(1.48572235717979e-05)
        p = p * u + np.float32(6.37261928875436e-04)
        p = p * u + np.float32(4.89352455891786e-03)
        q = np.float32(1.19825839466702e-06)
        q = q * u + np.float32(1.18534705686654e-04)
        q = q * u + np.float32(2.26843463243900e-03)
        q = q * u + np.float32(4.89352518554385e-03)
        a[i] = A * (t * p / q)


@compiled
def slope(y):
    """Return f' of a unit from its output."""
    return S * (A - y * y / A)


@compiled
def convolve(out, x, w, first, row, column):
    """Add to `out` the units of x under a 5x5 kernel that starts at `first`.

    One kernel row down is `row` units of x further, one column `column` further; both
    negative, a derivative goes back to the units that it came from. The indexes are
    unsigned: a signed one could be negative, which means the far end of the array, and
    with that check in the loop the compiler gives up on vector instructions.
    """
    for ky in range(5):
        w0, w1, w2, w3, w4 = w[ky, 0], w[ky, 1], w[ky, 2], w[ky, 3], w[ky, 4]
        start = first + ky * row
        for p in range(out.size):
            out[p] += (
                w0 * x[np.uintp(start + p)]
                + w1 * x[np.uintp(start + p + column)]
                + w2 * x[np.uintp(start + p + 2 * column)]
                + w3 * x[np.uintp(start + p + 3 * column)]
                + w4 * x[np.uintp(start + p + 4 * column)]
            )


@compiled
def update_kernel(w, step, d, x, row):
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
        w[ky, 0] -= step[ky, 0] * g0
        w[ky, 1] -= step[ky, 1] * g1
        w[ky, 2] -= step[ky, 2] * g2
        w[ky, 3] -= step[ky, 3] * g3
        w[ky, 4] -= step[ky, 4] * g4


@compiled
def total(values):
    """Sum a flat array."""
    result = np.float32(0)
    for i in range(values.size):
        result += values[i]
    return result


@compiled
def subsample(net_c, net_b, below, sums, above, side, stride):
    """Fill `sums` with the 2x2 block sums of one map and `above` with the outputs."""
    for i in range(side):
        for j in range(side):
            p = 2 * i * stride + 2 * j
            sums[i * side + j] = (
                below[p] + below[p + 1] + below[p + stride] + below[p + stride + 1]
            )
    for p in range(side * side):
        above[p] = net_c * sums[p] + net_b


@compiled
def full(w, b, x, out):
    """Weighted sums of a fully connected layer."""
    for o in range(out.size):
        row, acc = w[o], np.float32(0)
        for i in range(x.size):
            acc += row[i] * x[i]
        out[o] = acc + b[o]


@compiled
def forward(net, s, digit):
    """Run one (1024,) uint8 digit through the network; outputs are left in `s`."""
    for p in range(1024):
        s.x[p] = np.float32(PAPER) + np.float32((INK - PAPER) / 255) * digit[p]
    for m in range(6):
        s.c1[m] = net.c1_bias[m]
        convolve(s.c1[m], s.x, net.c1_weight[m, 0], 0, 32, 1)
    squash_all(s.c1.reshape(-1))
    for m in range(6):
        c, b = net.s2_coefficient[m], net.s2_bias[m]
        subsample(c, b, s.c1[m], s.s2_sums[m], s.s2[m], 14, 32)
    squash_all(s.s2.reshape(-1))
    for m in range(16):
        s.c3[m] = net.c3_bias[m]
    for t in range(60):
        convolve(s.c3[MAP_OF[t]], s.s2[INPUT_OF[t]], net.c3_weight[t], 0, 14, 1)
    squash_all(s.c3.reshape(-1))
    for m in range(16):
        c, b = net.s4_coefficient[m], net.s4_bias[m]
        subsample(c, b, s.c3[m], s.s4_sums[m], s.s4[25 * m : 25 * m + 25], 5, 14)
    squash_all(s.s4)
    full(net.c5_weight.reshape(120, 400), net.c5_bias, s.s4, s.c5)
    squash_all(s.c5)
    full(net.f6_weight, net.f6_bias, s.c5, s.f6)
    squash_all(s.f6)


@compiled
def distances(f6, codes, factor, out):
    """Fill `out` with factor times the squared distances; return the nearest digit."""
    best = 0
    for c in range(10):
        acc = np.float32(0)
        for k in range(84):
            acc += (f6[k] - codes[c, k]) ** 2
        out[c] = factor * acc
        if out[c] < out[best]:
            best = c
    return best


@compiled
def output_derivative(s, codes, label, y, factor, rubbish):
    """Set `s.d6` to the derivative of the loss by the sums of F6.

    `rubbish` is j of the MAP criterion; nan, which is no distance, means MSE instead.
    """
    for k in range(84):
        s.d6[k] = s.f6[k] - codes[label, k]
    if not np.isnan(rubbish):
        nearest = min(y.min(), np.float32(rubbish))
        norm = np.exp(nearest - np.float32(rubbish)) + np.exp(nearest - y).sum()
        for c in range(10):
            posterior = np.exp(nearest - y[c]) / norm
            for k in range(84):
                s.d6[k] -= posterior * (s.f6[k] - codes[c, k])
    for k in range(84):
        s.d6[k] *= 2 * factor * slope(s.f6[k])


@compiled
def full_back(w, b, step_w, step_b, x, d, d_x):
    """Move a fully connected layer and set d_x, in one sweep over its weights."""
    for i in range(x.size):
        d_x[i] = 0
    for o in range(d.size):
        row, step, g = w[o], step_w[o], d[o]
        for i in range(x.size):
            d_x[i] += g * row[i]
            row[i] -= step[i] * g * x[i]
        b[o] -= step_b[o] * g
    for i in range(x.size):
        d_x[i] *= slope(x[i])


@compiled
def subsample_back(c, below, d_above, d_below, side, stride):
    """Hand the derivatives of one subsampled map to the four units of each block."""
    for i in range(side):
        for j in range(side):
            g, p = c * d_above[i * side + j], 2 * i * stride + 2 * j
            for q in (p, p + 1, p + stride, p + stride + 1):
                d_below[q] = g * slope(below[q])


@compiled
def dot(x, y):
    """Multiply two flat arrays and sum."""
    acc = np.float32(0)
    for i in range(x.size):
        acc += x[i] * y[i]
    return acc


@compiled
def backward(net, step, s):
    """Propagate `s.d6` back and move every weight by its own step at once."""
    w, step_w = net.f6_weight, step.f6_weight
    full_back(w, net.f6_bias, step_w, step.f6_bias, s.c5, s.d6, s.d5)
    w, step_w = net.c5_weight.reshape(120, 400), step.c5_weight.reshape(120, 400)
    full_back(w, net.c5_bias, step_w, step.c5_bias, s.s4, s.d5, s.d4)
    for m in range(16):
        d4, d3 = s.d4[25 * m : 25 * m + 25], s.d3[m, LEAD : LEAD + SPAN3]
        subsample_back(net.s4_coefficient[m], s.c3[m], d4, d3, 5, 14)
        net.s4_coefficient[m] -= step.s4_coefficient[m] * dot(d4, s.s4_sums[m])
        net.s4_bias[m] -= step.s4_bias[m] * total(d4)
    s.d2[:] = 0
    for t in range(60):
        d3, w = s.d3[MAP_OF[t]], net.c3_weight[t]
        convolve(s.d2[INPUT_OF[t]], d3, w, LEAD, -14, -1)
        d3 = d3[LEAD : LEAD + SPAN3]
        update_kernel(w, step.c3_weight[t], d3, s.s2[INPUT_OF[t]], 14)
    for m in range(16):
        net.c3_bias[m] -= step.c3_bias[m] * total(s.d3[m])
    for m in range(6):
        d2 = s.d2[m, :196]
        for p in range(196):
            d2[p] *= slope(s.s2[m, p])
        subsample_back(net.s2_coefficient[m], s.c1[m], d2, s.d1[m], 14, 32)
        net.s2_coefficient[m] -= step.s2_coefficient[m] * dot(d2, s.s2_sums[m])
        net.s2_bias[m] -= step.s2_bias[m] * total(d2)
        update_kernel(net.c1_weight[m, 0], step.c1_weight[m, 0], s.d1[m], s.x, 32)
        net.c1_bias[m] -= step.c1_bias[m] * total(s.d1[m])


@compiled
def train_digits(net, step, s, digits, labels, order, codes, factor, rubbish):
    """Learn from digits[order], one at a time; count those got wrong beforehand."""
    y, num_wrong = np.zeros(10, np.float32), 0
    for n in order:
        forward(net, s, digits[n])
        num_wrong += distances(s.f6, codes, factor, y) != labels[n]
        output_derivative(s, codes, labels[n], y, factor, rubbish)
        backward(net, step, s)
    return num_wrong


@compiled
def classify(net, s, digits, codes):
    """Return the digit whose code lies nearest, for each of (N, 1024) digits."""
    y, preds = np.zeros(10, np.float32), np.zeros(len(digits), np.uint8)
    for n in range(len(digits)):
        forward(net, s, digits[n])
        preds[n] = distances(s.f6, codes, np.float32(1), y)
    return preds

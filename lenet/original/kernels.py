"""The layers of 1998 compiled by Numba: forward, back, and their weights moved.

PyTorch spends about a millisecond on one digit, nearly all of it on calls. This is the
same arithmetic; the tests hold it against autograd on `LeNet5_1998`.

A map is one row of a matrix, and a row of a map keeps the length of the layer below (32
in C1, 14 in C3), so that a 5x5 convolution is 25 shifted additions of one long row. The
columns left over on the right of a map hold sums that wrap around and are never read.

Where a loop has the same bits as an expression of whole arrays, it stands in its place:
the expressions take the compiler half as long again.
"""

from collections import namedtuple

import numpy as np
from numba import njit

from lenet.original import network

# Of C1 and C3: output and input map of each kernel, length of a row and of a map, where
# a map starts in its derivatives, and the side of a map once subsampled.
Maps = namedtuple("Maps", "outputs inputs row size lead half")
C1 = Maps(np.arange(6), np.zeros(6, int), row=32, size=28 * 32, lead=0, half=14)
TABLE = np.array(network.C3_MAPS), np.array(network.C3_INPUTS)
# Zeros before a map of derivatives: shifted back by a kernel, they stay inside.
C3 = Maps(*TABLE, row=14, size=144, lead=60, half=5)

A, S = np.float32(network.AMPLITUDE), np.float32(network.SLOPE)
# tanh(t) = t * ODD / EVEN: polynomials in t*t, highest power first, those of Eigen.
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
        layer.bias[m] -= step.bias[m] * d[m, : half * half].sum()


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

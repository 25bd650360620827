"""What introduces the network of 1998: its layers, codes, first steps and maps."""

import numpy as np
import torch
from torch import Tensor

from lenet.data import Digits
from lenet.original import network, sdlm
from lenet.original.recipe import Recipe1998, initial_weights
from lenet.studies.statistics import scientific
from lenet.style import Rows, draw, new_figure

Networks = dict[str, network.Weights]  # weights by the name of the network
GAP = "#cfe3f1"  # between maps, which are grey
PAPER_STEPS = 7e-5, 1.6e-2  # least and largest step of the first pass, sec. III-B
LAWS = {  # of the initial weights
    "±2.4/F": Recipe1998(power=1.0),
    "±1/√F": Recipe1998(scale=1.0),
    "±2.4/√F": Recipe1998(),
    "±1.4/√F, S 1/2": Recipe1998(scale=1.4, coefficient=0.5),
}
MAP_ROWS = {"c1": 1, "s2": 1, "c3": 2, "s4": 2}  # in which the maps of a layer lie


def layers(model: network.LeNet5_1998) -> Rows:
    """List the layers with output, parameters and connections."""
    rows = []
    for name, state in model.states(torch.zeros(1, 1, 32, 32)).items():
        num = sum(each.numel() for each in getattr(model, name).parameters())
        connections = num * state[0, 0].numel()  # each place uses every parameter
        if name in ("s2", "s4"):
            connections = 5 * state.numel()  # each unit has four inputs and a bias
        shape = " × ".join(map(str, state.shape[1:]))
        rows.append([name.upper(), shape, num, connections])
    rows.append(["output", "10", 0, 10 * 84])
    totals = [sum(row[column] for row in rows) for column in (2, 3)]
    header = ["Layer", "Output", "Parameters", "Connections"]
    return [header, *rows, ["**all**", "", *totals]]


def codes():
    """Draw the ten 7x12 bitmaps that F6 is to look like."""
    with new_figure(1.35, 1, 10) as (figure, (row,)):
        for digit, code in enumerate(network.rbf_codes()):
            draw(row[digit], code.reshape(12, 7), -1, 1)
            row[digit].set_title(digit)
    alt = "Ten bitmaps, 7 pixels wide and 12 high, each a stylised digit from 0 to 9."
    return figure, alt


def first_steps(digits: Digits) -> dict[str, dict[str, tuple[float, float]]]:
    """Return, by law, the ends of the first steps of each layer and of all."""
    images = network.to_input(digits.images[: Recipe1998().num_curvature_digits])
    ends = {}
    for law, recipe in LAWS.items():
        weights = initial_weights(0, recipe)
        steps = sdlm.estimated_steps(weights, images, recipe, recipe.etas[0])
        ends[law] = {
            layer or "all": tuple(map(float, sdlm.of_layer(steps, layer).aminmax()))
            for layer in ("c1", "s2", "c3", "s4", "c5", "f6", "")
        }
    return ends


def first_steps_table(laws: dict[str, dict[str, tuple[float, float]]]) -> Rows:
    """List the range of the first steps of each layer, one column a law."""
    rows = [["Layer", *laws]]
    for layer in next(iter(laws.values())):
        ends = (law[layer] for law in laws.values())
        cells = [" to ".join(scientific(end, 1) for end in each) for each in ends]
        rows.append(["**all**" if layer == "all" else layer.upper(), *cells])
    return rows


def c1_kernels(networks: Networks):
    """Draw the six kernels of C1 of each network; black is the largest weight."""
    with new_figure(1.2 * len(networks), len(networks), 6) as (figure, grid):
        for row, (name, weights) in zip(grid, networks.items(), strict=True):
            for axes, kernel in zip(row, weights["c1.weight"][:, 0], strict=True):
                most = np.abs(kernel).max()
                draw(axes, kernel, -most, most)
                axes.set_title(f"±{most:.1f}", fontsize=7.5, pad=2)
            row[0].set_ylabel(name)
    return figure, (
        f"Rows of six 5 by 5 kernels of C1, {' and '.join(networks)}, in greys around "
        "zero: bars, edges and spots of single pixels."
    )


def feature_maps(digit: Tensor, networks: Networks):
    """Draw the maps of one (32, 32) digit in C1 to S4, one column a network."""
    heights = (2, 2, 3, 3)
    with new_figure(3.3, 4, len(networks), height_ratios=heights) as (figure, grid):
        for column, (name, weights) in zip(grid.T, networks.items(), strict=True):
            states = network.with_weights(weights).states(network.to_input(digit[None]))
            column[0].set_title(name)
            for axes, (layer, rows) in zip(column, MAP_ROWS.items(), strict=True):
                maps = states[layer][0].detach().numpy()
                most = np.abs(maps).max()
                draw(axes, tile(maps, rows), -most, most)
                axes.set_facecolor(GAP)
                axes.spines[:].set_visible(False)
                if axes in grid[:, 0]:
                    axes.set_ylabel(layer.upper())
    return figure, (
        "The 6, 6, 16 and 16 maps of C1, S2, C3 and S4 for one digit, in columns for "
        f"{' and '.join(networks)}: in C1 and S2 the digit and its edges are plain."
    )


def tile(maps: np.ndarray, rows: int) -> np.ndarray:
    """Lay (N, H, W) maps side by side in so many rows, gaps of nan between them."""
    gap = max(1, maps.shape[1] // 8)
    spaced = np.pad(maps, ((0, 0), (0, gap), (0, gap)), constant_values=np.nan)
    return np.vstack([np.hstack(row) for row in np.split(spaced, rows)])

"""Every choice of a training run of 1998, and the weights that it starts from."""

from dataclasses import dataclass

import numpy as np

from lenet.original.network import C3_MAPS, C3_TABLE, LeNet5_1998

# Global step size of passes 1 to 20, sec. III-B.
ETAS = (5e-4,) * 2 + (2e-4,) * 3 + (1e-4,) * 3 + (5e-5,) * 4 + (1e-5,) * 8


@dataclass(frozen=True)
class Recipe1998:
    """Every choice of a training run, those that the paper leaves open included."""

    scale: float = 2.4  # initial weights U(-r, r), r = scale / fan_in**power
    # Differs from the paper: App. A prints power 1, but then the curvature of every
    # layer nearly vanishes, and steps start at 3.8e-4 to 0.025 where sec. III-B has
    # 7e-5 to 0.016. Power 0.5 keeps the variance of a unit's sum.
    power: float = 0.5
    coefficient: float = 0.25  # initial S2 and S4 coefficients: the mean of the four
    distance_factor: float = 0.5  # of eq. 7: 1 as printed, 1/2 in the authors' code
    rubbish: float | None = 3.0  # j of the MAP criterion, eq. 9; None: MSE, eq. 8
    etas: tuple[float, ...] = ETAS  # global step size of each pass
    mu: float = 0.02  # keeps steps finite where the curvature vanishes, sec. III-B
    curvature: str = "each"  # parameter has its own; or averaged over each "layer"
    num_curvature_digits: int = 500  # that it is estimated on before each pass
    digits_per_pass: int | None = None  # None: all of them


def fan_in(name: str, shape: tuple[int, ...]) -> float | np.ndarray:
    """Count the inputs of a unit; those of C3 depend on its map (75, 100 or 150)."""
    if name == "c3.weight" and len(shape) == 3:
        return 25.0 * np.array([len(C3_TABLE[m]) for m in C3_MAPS])[:, None, None]
    return float(np.prod(shape[1:]))


def initial_weights(seed: int, recipe: Recipe1998) -> dict[str, np.ndarray]:
    """Draw the weights, from a NumPy generator of their own; biases start at 0."""
    rng, weights = np.random.default_rng(seed), {}
    for name, parameter in LeNet5_1998().named_parameters():
        shape, coefficient = tuple(parameter.shape), name.endswith("coefficient")
        value = np.full(shape, recipe.coefficient if coefficient else 0.0)
        if name.endswith("weight"):
            inputs = fan_in(name, shape) ** recipe.power
            value = rng.uniform(-1, 1, shape) * recipe.scale / inputs
        weights[name] = value.astype(np.float32)
    return weights

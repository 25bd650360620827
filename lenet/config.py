"""Every number that a run depends on, in one place."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Hyperparameters of one run.

    The defaults are those of the public notebook that the earlier report appears to
    follow; its text fixes only Adam and the epochs.

    Raises:
        ValueError: on construction, if a value is out of its range.
    """

    num_epochs: int = 15  # full passes over the training digits
    batch_size: int = 32  # digits per optimiser update; the last batch may be smaller
    learning_rate: float = 1e-3  # of Adam, its other settings being PyTorch's defaults
    muon: bool = False  # take the steps of `lenet.muon` instead
    one_cycle: bool = False  # let it climb to that rate and fall to 0 over the run
    distortion: float = 0.0  # strength of `lenet.augment` on training digits; 0 is none
    shift: float = 2.0  # largest shift among these distortions, in pixels at strength 1
    seed: int = 42  # of the separate generators of weights, order and split
    val_size: int = 10_000  # training digits held out where a validation split is made

    def __post_init__(self):
        def require(name: str, valid: bool, wanted: str) -> None:
            if not valid:
                raise ValueError(f"{name} is {getattr(self, name)!r}: give {wanted}")

        for name in ("num_epochs", "batch_size", "val_size"):
            value = getattr(self, name)
            require(name, type(value) is int and value > 0, "a whole number, 1 or more")
        for name in ("learning_rate", "distortion", "shift"):
            value = getattr(self, name)
            require(name, type(value) in (int, float) and 0 <= value < 1e6, "0 or more")
        require("learning_rate", self.learning_rate > 0, "a number above 0")
        for name in ("one_cycle", "muon"):
            require(name, type(getattr(self, name)) is bool, "True or False")
        valid_seed = type(self.seed) is int and 0 <= self.seed < 2**63
        require("seed", valid_seed, "a whole number from 0")


_DISTORTED = Config(
    num_epochs=20, batch_size=128, learning_rate=3e-3, one_cycle=True, distortion=0.75
)
_SHORT = Config(num_epochs=6, batch_size=64, learning_rate=4e-3, one_cycle=True)
# Chosen on digits of held-out writers, never on test digits: `lenet.studies.recipes`.
RECIPES = {
    "20 epochs with distortions": _DISTORTED,
    "60 epochs with distortions": replace(_DISTORTED, num_epochs=60),
    "6 epochs": _SHORT,
    "6 epochs with mild distortions": replace(_SHORT, distortion=0.3),
    "2 epochs with Muon": Config(
        2, 128, learning_rate=0.025, muon=True, one_cycle=True, distortion=0.6
    ),
}

"""Every number that a run depends on, in one place."""

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Config:
    """Hyperparameters of one run; the defaults are those of the earlier report.

    Args:
        num_epochs: full passes over the training digits.
        batch_size: digits per optimiser update; the last batch may be smaller.
        learning_rate: step size of Adam (its other settings are PyTorch's defaults).
        one_cycle: let the step size climb from near 0 to ``learning_rate`` and fall
            back, over the run; otherwise it is constant.
        distortion: strength of the random distortions of the training digits; 0 leaves
            them as they are.
        shift: largest shift among these distortions, in pixels at strength 1.
        seed: starts three separate generators: initial weights, order, split.
        val_size: digits held out of the training set where a validation split is made.

    Raises:
        ValueError: on construction, if a value is out of its range.
    """

    num_epochs: int = 15
    batch_size: int = 32
    learning_rate: float = 1e-3
    one_cycle: bool = False
    distortion: float = 0.0
    shift: float = 2.0
    seed: int = 42
    val_size: int = 10_000

    def __post_init__(self):
        """Refuse values that could only fail later, and less clearly."""
        for name in ("num_epochs", "batch_size", "val_size"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} is {value!r}: give a whole number, 1 or more")
        if not isinstance(self.one_cycle, bool):
            raise ValueError(f"one_cycle is {self.one_cycle!r}: give True or False")
        for name in ("learning_rate", "distortion", "shift"):
            if not isinstance(getattr(self, name), int | float):
                raise ValueError(f"{name} is {getattr(self, name)!r}: give a number")
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(
                f"learning_rate is {self.learning_rate!r}: give a number above 0"
            )
        for name in ("distortion", "shift"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is {getattr(self, name)!r}: give 0 or more")
        if type(self.seed) is not int or not 0 <= self.seed < 2**63:
            raise ValueError(f"seed is {self.seed!r}: give a whole number from 0")

    def but(self, **changes) -> "Config":
        """Return a copy with some values changed."""
        return replace(self, **changes)

    def asdict(self) -> dict:
        """Return the values as a plain dict, ready for JSON."""
        return asdict(self)


# The same network trained for accuracy and for speed. All were chosen on digits of
# held-out writers, never on test digits: see the study `recipe_choices`. `better` and
# `fast` were read first and fell short of their goals; `longer` trains three times as
# long, and `quick` adds mild distortions.
_BETTER = Config(
    num_epochs=20, batch_size=128, learning_rate=3e-3, one_cycle=True, distortion=0.75
)
_FAST = Config(num_epochs=6, batch_size=64, learning_rate=4e-3, one_cycle=True)
RECIPES = {
    "better": _BETTER,
    "longer": _BETTER.but(num_epochs=60),
    "fast": _FAST,
    "quick": _FAST.but(distortion=0.3),
}

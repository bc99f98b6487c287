"""How a run trains: a frozen set of numbers that goes into the run's row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from trainer.errors import BadRecipe


@dataclass(frozen=True)
class Recipe:
    """The quick recipe: the backbone is frozen and its features are kept; only a softmax is fitted.

    `views` counts the crops per training face, the plain one included; an epoch is `steps` whole-set
    steps of Adam; fitting stops after `patience` epochs without a better validation loss (the
    tutorial's 6).
    """

    preset: str = "quick"
    views: int = 4
    epochs: int = 60
    steps: int = 10
    patience: int = 6
    learning_rate: float = 0.003
    folds: int = 5
    seed: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Any] | str) -> "Recipe":
        """A preset by name, or the default recipe with the fields that `given` sets. Raises BadRecipe."""
        chosen = {"preset": given} if isinstance(given, str) else given
        defaults = asdict(cls())
        for name, value in chosen.items():
            if name not in defaults:
                hint = f"Use {', '.join(defaults)}."
                raise BadRecipe("bad_recipe", f"There is no recipe field “{name}”.", hint)
            if type(value) is not type(defaults[name]) or not _fits(name, value):
                raise BadRecipe("bad_recipe", f"{value!r} is no value for “{name}”.", _allowed(name))
        return cls(**chosen)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


LIMITS: dict[str, tuple[float, float]] = {
    "views": (1, 64),
    "epochs": (1, 1000),
    "steps": (1, 100),
    "patience": (1, 1000),
    "learning_rate": (1e-6, 1.0),
    "folds": (2, 20),
    "seed": (0, 2**31 - 1),
}
PRESETS = ("quick",)


def _fits(name: str, value: Any) -> bool:
    if name == "preset":
        return value in PRESETS
    low, high = LIMITS[name]
    return bool(low <= value <= high)


def _allowed(name: str) -> str:
    if name == "preset":
        return f"The presets are {', '.join(PRESETS)}."
    low, high = LIMITS[name]
    return f"It lies between {low:g} and {high:g}."

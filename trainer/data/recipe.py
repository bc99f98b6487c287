"""The hyperparameters of a run, as stored in its row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from trainer.errors import BadRecipe


@dataclass(frozen=True)
class Recipe:
    """The default is *quick*: only a softmax is fitted, on stored features of the frozen backbone.

    `views` is the number of crops per training face: one as it is, the others rotated, sheared, shifted,
    zoomed and mirrored as in the tutorial (`trainer.features.crops`). `batch` is the number of crops per
    step; with 0 each step sees the whole set, `steps` times per epoch. Fitting stops early after `patience`
    epochs without a lower loss on held-out people; 0 turns early stopping off.
    """

    preset: str = "quick"
    image_size: int = 160
    views: int = 4
    optimiser: str = "adam"
    learning_rate: float = 0.001
    batch: int = 4096
    epochs: int = 50
    steps: int = 10
    patience: int = 12
    class_weights: bool = True
    calibration: bool = True
    blocks: int = 0
    """How many of the backbone's inverted residual blocks are trained, counted from its end."""
    folds: int = 5
    seed: int = 0

    @classmethod
    def parse(cls, fields: Mapping[str, Any] | str) -> "Recipe":
        """The recipe of a preset, by its name or with `fields` that override its values. Raises BadRecipe."""
        chosen = {"preset": fields} if isinstance(fields, str) else dict(fields)
        preset = chosen.get("preset", "quick")
        if not isinstance(preset, str) or preset not in PRESETS:
            raise BadRecipe("bad_recipe", f"There is no preset “{preset}”.", _allowed("preset"))
        values = asdict(PRESETS[preset])
        for name, value in chosen.items():
            if name not in values:
                raise BadRecipe(
                    "bad_recipe", f"There is no recipe field “{name}”.", f"Use {', '.join(values)}."
                )
            if not _fits(name, value, type(values[name])):
                raise BadRecipe("bad_recipe", f"{value!r} is no value for “{name}”.", _allowed(name))
        recipe = cls(**values | chosen)
        if (recipe.blocks > 0) != (preset == "fine-tune"):
            hint = "Choose the preset fine-tune to train blocks of the backbone."
            raise BadRecipe("bad_recipe", f"{recipe.blocks} is no value for “blocks” of {preset}.", hint)
        return recipe

    def as_dict(self) -> dict[str, Any]:
        """The recipe as JSON values, for `Run.recipe`."""
        return asdict(self)


PRESETS = {
    "quick": Recipe(),
    # As in the article: 50 augmented copies and the crop itself, batches of 100, 10 epochs, Adam's defaults.
    # The article never passes its early stopping to the fit, and neither calibrates nor holds anybody out.
    "tutorial": Recipe(
        "tutorial",
        views=51,
        batch=100,
        epochs=10,
        steps=1,
        patience=0,
        class_weights=False,
        calibration=False,
        folds=0,
    ),
    "fine-tune": Recipe("fine-tune", batch=32, epochs=12, steps=1, patience=3, blocks=2, folds=3),
}
CHOICES: dict[str, tuple[Any, ...]] = {
    "preset": tuple(PRESETS),
    "image_size": (160,),
    "optimiser": ("adam", "adamw", "sgd"),
    "blocks": (0, 1, 2, 3),
    "folds": (0, *range(2, 21)),
}
LIMITS: dict[str, tuple[float, float]] = {
    "views": (1, 64),
    "learning_rate": (1e-6, 1.0),
    "batch": (0, 65536),
    "epochs": (1, 1000),
    "steps": (1, 100),
    "patience": (0, 1000),
    "seed": (0, 2**31 - 1),
}


def _fits(name: str, value: Any, kind: type[Any]) -> bool:
    if type(value) is not kind and not (kind is float and type(value) is int):
        return False
    if name in CHOICES:
        return value in CHOICES[name]
    low, high = LIMITS.get(name, (0, 1))  # a flag
    return bool(low <= value <= high)


def _allowed(name: str) -> str:
    if name in CHOICES:
        return f"Use one of {', '.join(map(str, CHOICES[name]))}."
    if name in LIMITS:
        low, high = LIMITS[name]
        return f"It is a number between {low:g} and {high:g}."
    return "It is true or false."

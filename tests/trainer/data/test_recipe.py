"""Recipes: presets, fields and their limits."""

import pytest

from trainer.data.recipe import Recipe
from trainer.errors import BadRecipe


def test_a_recipe_accepts_known_fields_within_their_limits() -> None:
    assert Recipe.parse({}) == Recipe.parse("quick") == Recipe()
    assert Recipe.parse({"views": 2, "seed": 7}).views == 2
    assert Recipe.parse(Recipe(epochs=3).as_dict()).epochs == 3


@pytest.mark.parametrize(
    "wrong",
    [{"speed": 9}, {"views": 0}, {"views": "2"}, {"learning_rate": 5.0}, {"preset": "magic"}, "magic"],
)
def test_unknown_fields_and_values_out_of_range_are_refused(wrong: object) -> None:
    with pytest.raises(BadRecipe) as refused:
        Recipe.parse(wrong)  # type: ignore[arg-type]
    assert refused.value.hint

"""Recipes and splits."""

import pytest

from labeller.photos.splits import SHARES, split_of
from trainer.data.recipe import Recipe
from trainer.errors import BadRecipe


def test_a_recipe_takes_known_fields_within_their_limits() -> None:
    assert Recipe.parse({}) == Recipe.parse("quick") == Recipe()
    assert Recipe.parse({"views": 2, "seed": 7}).views == 2
    assert Recipe.parse(Recipe(epochs=3).as_dict()).epochs == 3


@pytest.mark.parametrize(
    "wrong",
    [{"speed": 9}, {"views": 0}, {"views": "2"}, {"learning_rate": 5.0}, {"preset": "magic"}, "magic"],
)
def test_a_recipe_that_makes_no_sense_is_refused(wrong: object) -> None:
    with pytest.raises(BadRecipe) as refused:
        Recipe.parse(wrong)  # type: ignore[arg-type]
    assert refused.value.hint


def test_each_block_of_five_groups_has_one_locked_and_one_for_validation() -> None:
    for block in range(50):
        names = [split_of(ordinal) for ordinal in range(block * 5, block * 5 + 5)]
        assert {name: names.count(name) for name in SHARES} == SHARES
    assert [split_of(ordinal) for ordinal in range(3)] == ["train"] * 3, "one friend can train"
    firsts = {split_of(ordinal) for ordinal in range(0, 250, 5)}
    assert firsts == set(SHARES), "the place in the block is drawn, not fixed"

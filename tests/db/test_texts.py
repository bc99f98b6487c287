"""Numbers with what they count."""

import pytest

from db.texts import number_of


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (number_of(0, "photo"), "0 photos"),
        (number_of(1, "photo"), "1 photo"),
        (number_of(2, "photo"), "2 photos"),
        (number_of(1, "box", "boxes"), "1 box"),
        (number_of(3, "box", "boxes"), "3 boxes"),
    ],
)
def test_a_number_stands_before_its_noun(said: str, text: str) -> None:
    assert said == text

"""Numbers of a file as boxes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeller.errors import BadDataset
from labeller.formats.class_names import ClassNames
from labeller.formats.names import our_split, shown
from labeller.formats.protocol import ReadOptions
from labeller.formats.values import BadBox, as_box, as_number, as_size, enclosing, fitted

SIZE = (400, 206)


@pytest.mark.parametrize(
    ("box", "kept", "cut"),
    [
        ((28.000000000000004, 65.99999999999999, 16, 25), (28, 66, 16, 25), False),
        ((10.25, 10.5, 20.5, 20.75), (10.25, 10.5, 20.5, 20.75), False),
        ((373, 76, 28, 38), (373, 76, 27, 38), True),
        ((-5, -5, 20, 20), (0, 0, 15, 15), True),
        ((0, 0, 400.004, 206.009), (0, 0, 400, 206), False),
        ((399.5, 0, 9, 9), (399.5, 0, 0.5, 9), True),
    ],
)
def test_a_box_is_made_whole_and_cut(box: tuple[float, ...], kept: tuple[float, ...], cut: bool) -> None:
    assert fitted(as_box(box), SIZE) == (kept, cut)


@pytest.mark.parametrize(
    "box",
    [
        (math.nan, 1, 1, 1),
        (1, 1, math.inf, 1),
        (1, 1, 0, 5),
        (160, 318, -93, -121),
        (400, 0, 5, 5),
        (0, 206, 5, 5),
        (-10, 5, 10, 5),
        (1e308, 1e308, 1e308, 1e308),
        (0, 0, 10**400, 1),
        (True, 1, 5, 5),
        ("1", 1, 5, 5),
        (None, 1, 5, 5),
    ],
)
def test_no_box_is_mended_in_silence(box: tuple[object, ...]) -> None:
    with pytest.raises(BadBox):
        fitted(as_box(box), SIZE)


@pytest.mark.parametrize("values", [None, "abcd", [1, 2, 3], [1] * 5, {"x": 1}, 7])
def test_what_is_no_four_numbers_is_refused(values: object) -> None:
    with pytest.raises(BadBox):
        as_box(values)


@given(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 4))
def test_a_box_is_inside_or_refused(box: tuple[float, float, float, float]) -> None:
    try:
        (left, top, width, height), _ = fitted(box, SIZE)
    except BadBox:
        return
    assert left >= 0
    assert top >= 0
    assert width > 0
    assert height > 0
    assert left + width <= SIZE[0] + 1e-9
    assert top + height <= SIZE[1] + 1e-9


def test_the_box_around_points() -> None:
    assert enclosing([(67, 197), (160, 200), (113.5, 318)]) == (67, 197, 93, 121)
    with pytest.raises(BadBox):
        enclosing([(1, 1)])


@pytest.mark.parametrize(
    ("stated", "size"),
    [
        ((301, 400), (301, 400)),
        ((301.0, 400), (301, 400)),
        ((10**12, 400), None),
        ((0, 5), None),
        ((None, 5), None),
        ((math.nan, 5), None),
        (("301", 5), None),
        ((1.5, 5), None),
    ],
)
def test_a_size_is_believed_only_if_it_can_be_one(stated: tuple[object, object], size: object) -> None:
    assert as_size(*stated) == size


def test_numbers_of_any_length() -> None:
    assert as_number(10**400) == math.inf
    assert math.isnan(as_number([]))


def test_classes_go_by_name() -> None:
    names = ClassNames(ReadOptions(("mask", "été"), {"With Mask": "mask"}))
    assert names.find(" Mask ") == "mask"
    assert names.find("e\u0301te\u0301") == "été"
    assert names.find("with mask") == "mask"
    names.refuse_unknown()


def test_unknown_classes_are_listed_together() -> None:
    names = ClassNames(ReadOptions(("mask",)))
    for name in ("bare", "cap\x1b", "bare", " "):
        assert names.find(name) is None
    with pytest.raises(BadDataset) as raised:
        names.refuse_unknown()
    assert raised.value.message == "These names are no classes here: bare (2), cap\\x1b (1), (no name) (1)."


def test_splits_have_many_names() -> None:
    named = {name: our_split(name) for name in ("train", "Val", "valid", "test", "locked", "x", "", None)}
    assert list(named.values()) == ["train", "validation", "validation", "locked", "locked", None, None, None]


def test_a_name_is_shown_without_what_moves_a_cursor() -> None:
    assert shown("a\x1b[2J\u202eb\n") == "a\\x1b[2J\\u202eb\\x0a"
    assert len(shown("x" * 5000)) < 300

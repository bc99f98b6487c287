"""Which slice is named the weakest, and when it is said to be worse than the rest."""

from typing import Any

from trainer.evaluation.weakest_slice import weakest_slice


def of_slice(right: int, n: int) -> dict[str, Any]:
    return {"by": "size", "name": "", "n": n, "accuracy": {"value": right / n, "n": n}}


def test_a_large_slice_that_is_surely_worse_comes_before_a_small_one_that_may_be() -> None:
    slices = [of_slice(95, 100), of_slice(3, 6), of_slice(140, 200)]
    assert weakest_slice(slices, 0.9) == {"slice": 2, "told_apart": True}


def test_some_slice_is_always_the_worst_and_many_make_it_harder_to_tell_apart() -> None:
    assert weakest_slice([of_slice(75, 100), of_slice(97, 100)], 0.88) == {"slice": 0, "told_apart": True}
    many = [of_slice(80, 100), *(of_slice(88, 100) for _ in range(60))]
    assert weakest_slice(many, 0.88) == {"slice": 0, "told_apart": False}


def test_a_handful_of_faces_is_no_slice() -> None:
    assert weakest_slice([of_slice(0, 4)], 0.9) is None
    assert weakest_slice([], 0.9) is None

"""Which class and person a model is weak on, from its metrics."""

from typing import Any

from trainer.selection.weak_slices import WeakSlices, weakest_slices


def recall(value: float, low: float, high: float) -> dict[str, Any]:
    return {"n": 50, "recall": {"value": value, "low": low, "high": high, "n": 50}}


def person(name: str, value: float, n: int = 40) -> dict[str, Any]:
    return {"by": "person", "name": name, "accuracy": {"value": value, "n": n}}


def test_a_slice_is_weak_when_its_whole_interval_lies_below_the_rest() -> None:
    part = {
        "per_class": {"1": recall(0.97, 0.9, 0.99), "2": recall(0.7, 0.6, 0.8)},
        "balanced_accuracy": {"value": 0.84},
        "slices": [
            person("7", 0.6),
            person("8", 0.5),
            person("nobody named", 0.1),
        ],
    }
    assert weakest_slices({"locked": None, "cross_validated": part}) == WeakSlices(2, 8)


def test_no_slice_is_weak_without_a_significant_difference() -> None:
    part = {
        "per_class": {"1": recall(0.9, 0.6, 0.99), "2": recall(0.95, 0.7, 1.0)},
        "balanced_accuracy": {"value": 0.9},
        "slices": [person("7", 0.7, n=8)],
    }
    assert weakest_slices({"cross_validated": part}) == WeakSlices(None, None)
    assert weakest_slices({}) == WeakSlices(None, None)


def test_the_worst_of_many_is_weak_only_if_chance_would_hardly_make_one_so_bad() -> None:
    """70 % of 30 faces is remarkable of a person where 90 % is usual; not of the worst of a hundred."""
    part = {"per_class": {}, "balanced_accuracy": {"value": 0.9}, "slices": [person("7", 0.7, n=30)]}
    assert weakest_slices({"cross_validated": part}).person == 7
    part["slices"] += [person(str(n), 0.9, n=30) for n in range(100, 200)]
    assert weakest_slices({"cross_validated": part}).person is None


def test_a_locked_person_is_never_chosen_even_when_weak() -> None:
    part = {"per_class": {}, "balanced_accuracy": {"value": 0.9}, "slices": [person("7", 0.1)]}
    assert weakest_slices({"locked": part, "cross_validated": None}) == WeakSlices(None, None)

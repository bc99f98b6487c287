"""Which class and person a model is weak on, from its metrics."""

from typing import Any

from trainer.selection.weak_slices import WeakSlices, weakest_slices


def recall(value: float, low: float, high: float) -> dict[str, Any]:
    return {"n": 50, "recall": {"value": value, "low": low, "high": high}}


def person(name: str, low: float, value: float, high: float) -> dict[str, Any]:
    return {"by": "person", "name": name, "n": 20, "accuracy": {"value": value, "low": low, "high": high}}


def test_a_slice_is_weak_when_its_whole_interval_lies_below_the_rest() -> None:
    part = {
        "per_class": {"mask": recall(0.97, 0.9, 0.99), "nomask": recall(0.7, 0.6, 0.8)},
        "balanced_accuracy": {"value": 0.84},
        "slices": [
            person("7", 0.4, 0.6, 0.8),
            person("8", 0.3, 0.5, 0.7),
            person("nobody named", 0, 0.1, 0.2),
        ],
    }
    assert weakest_slices({"locked": None, "cross_validated": part}) == WeakSlices("nomask", 8)


def test_no_slice_is_weak_without_a_significant_difference() -> None:
    part = {
        "per_class": {"mask": recall(0.9, 0.6, 0.99), "nomask": recall(0.95, 0.7, 1.0)},
        "balanced_accuracy": {"value": 0.9},
        "slices": [person("7", 0.4, 0.7, 0.95)],
    }
    assert weakest_slices({"cross_validated": part}) == WeakSlices(None, None)
    assert weakest_slices({}) == WeakSlices(None, None)


def test_a_locked_person_is_never_chosen_even_when_weak() -> None:
    part = {"per_class": {}, "balanced_accuracy": {"value": 0.9}, "slices": [person("7", 0, 0.1, 0.2)]}
    assert weakest_slices({"locked": part, "cross_validated": None}) == WeakSlices(None, None)

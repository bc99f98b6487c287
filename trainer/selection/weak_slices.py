"""Where the live model is weakest: the class and the person it is wrong about, beyond chance."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Weak:
    """A class and a person's id; None where nothing stands out."""

    label: str | None
    person: int | None


def weakest(metrics: dict[str, Any]) -> Weak:
    """From a run's metrics: below the rest with the whole 95 % interval."""
    part = metrics.get("locked") or metrics.get("cross_validated")
    folds = metrics.get("cross_validated") or {}
    return Weak(_label(part or {}), _person(folds))


def _label(part: dict[str, Any]) -> str | None:
    recalls = {name: one["recall"] for name, one in part.get("per_class", {}).items() if one["n"]}
    if len(recalls) < 2:
        return None
    worst = min(recalls, key=lambda name: recalls[name]["value"])
    return worst if recalls[worst]["high"] < max(one["value"] for one in recalls.values()) else None


def _person(folds: dict[str, Any]) -> int | None:
    """Among people to learn from: the locked ones are never chosen."""
    usual = folds.get("balanced_accuracy", {}).get("value", 0.0)
    slices = [one for one in folds.get("slices", []) if one["by"] == "person" and one["name"].isdecimal()]
    below = [one for one in slices if one["accuracy"]["high"] < usual]
    return int(min(below, key=lambda one: one["accuracy"]["value"])["name"]) if below else None

"""Where the live model is weakest: the class and the person on which it is significantly worse."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WeakSlices:
    """A class and a person's id; None where no slice is significantly worse."""

    label: str | None
    person: int | None


def weakest_slices(metrics: dict[str, Any]) -> WeakSlices:
    """From a run's metrics: the slices whose whole 95 % interval lies below the rest."""
    part = metrics.get("locked") or metrics.get("cross_validated")
    folds = metrics.get("cross_validated") or {}
    return WeakSlices(_weakest_class(part or {}), _weakest_person(folds))


def _weakest_class(part: dict[str, Any]) -> str | None:
    recalls = {name: figures["recall"] for name, figures in part.get("per_class", {}).items() if figures["n"]}
    if len(recalls) < 2:
        return None
    worst = min(recalls, key=lambda name: recalls[name]["value"])
    best = max(recall["value"] for recall in recalls.values())
    return worst if recalls[worst]["high"] < best else None


def _weakest_person(folds: dict[str, Any]) -> int | None:
    """Of the cross-validated people only: locked ones are never chosen for review."""
    overall = folds.get("balanced_accuracy", {}).get("value", 0.0)
    people = [row for row in folds.get("slices", []) if row["by"] == "person" and row["name"].isdecimal()]
    below = [row for row in people if row["accuracy"]["high"] < overall]
    return int(min(below, key=lambda row: row["accuracy"]["value"])["name"]) if below else None

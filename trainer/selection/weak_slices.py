"""Where the live model is weakest: the class and the person on which it is significantly worse."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from db.confidence_intervals import score_interval


@dataclass(frozen=True)
class WeakSlices:
    """The ids of a class and of a person; None where no slice is significantly worse."""

    label: int | None
    person: int | None


def weakest_slices(metrics: dict[str, Any]) -> WeakSlices:
    """From a run's metrics: the class worse than the best one, and the person worse than the average."""
    part = metrics.get("locked") or metrics.get("cross_validated") or {}
    return WeakSlices(_weakest_class(part), _weakest_person(metrics.get("cross_validated") or {}))


def _weakest_class(part: dict[str, Any]) -> int | None:
    recalls = {int(id): figures["recall"] for id, figures in part.get("per_class", {}).items()}
    if len(recalls) < 2:
        return None
    worst = min(recalls, key=lambda id: recalls[id]["value"])
    best = max(recall["value"] for recall in recalls.values())
    return worst if recalls[worst]["high"] < best else None


def _weakest_person(folds: dict[str, Any]) -> int | None:
    """Of the cross-validated people only: locked ones are never chosen for review.

    The worst of k people is tested one-sidedly at 2.5 % / k (Bonferroni): somebody always is the worst.
    """
    people = {
        int(row["name"]): row["accuracy"]
        for row in folds.get("slices", [])
        if row["by"] == "person" and row["name"].isdecimal()
    }
    if not people:
        return None
    worst = min(people, key=lambda id: people[id]["value"])
    z = -NormalDist().inv_cdf(0.025 / len(people))
    interval = score_interval(people[worst]["value"], people[worst]["n"], z)
    return worst if interval["high"] < folds["balanced_accuracy"]["value"] else None

"""Whether new faces resemble those a run learned from, as the run measured it. Needs no network."""

from typing import Any

DRIFT_THRESHOLD = 0.1
"""Twice the expected share of unusual faces; reported when the whole interval lies above it."""


def significant_drift(metrics: dict[str, Any] | None) -> dict[str, Any] | None:
    """The drift in a run's metrics, {"n", "unusual"}, where it is significant; else None."""
    drift: dict[str, Any] | None = (metrics or {}).get("drift")
    return drift if drift and drift["unusual"]["low"] > DRIFT_THRESHOLD else None

"""Whether new faces are like those that were labelled, as a run found it: read by pages without a network."""

from typing import Any

DRIFTED = 0.1
"""Share of unusual faces, twice the usual one; it is said where the whole interval lies above."""


def outside(metrics: dict[str, Any] | None) -> dict[str, Any] | None:
    """The drift in a run's metrics where it is beyond chance, {"n", "unusual"}; else None."""
    found: dict[str, Any] | None = (metrics or {}).get("drift")
    return found if found and found["unusual"]["low"] > DRIFTED else None

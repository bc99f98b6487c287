"""An example of what `flask simulate` stores."""

from typing import Any

from trainer.label_efficiency.simulate import STRATEGIES
from trainer.label_efficiency.summary import summary


def simulation_result(ours: int = 30, chance: int | None = 50, **other: Any) -> dict[str, Any]:
    """A result: the default strategy reached the target after `ours` labels, random choice after `chance`."""

    def curve(needed: int | None) -> list[tuple[int, float]]:
        return [(n, 0.97 if needed and n >= needed else 0.8) for n in range(20, 61, 10)]

    curves = {name: [curve(ours if name == "default" else chance)] * 3 for name in STRATEGIES}
    result = {"faces": 80, "groups": 80, "classes": {"mask": 40, "nomask": 40}, "seeds": 3, "upto": 60}
    result |= {"target": 0.95, "strategies": summary(curves, 60, 0.95, 2), "folder": "set", "whole": 3}
    return result | {"made_at": "2026-01-02T03:04:05+00:00"} | other

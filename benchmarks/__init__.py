"""One script a claim: it prints a table and writes JSON to benchmarks/results."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "client"))  # which is no part of the environment

"""The tests. They use the Python client of `client/`, and so do benchmarks that use what is here."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "client"))

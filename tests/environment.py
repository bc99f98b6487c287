"""Environment variables of every test; import this before anything that reads them."""

import os
import tempfile
from pathlib import Path

CACHE = Path(tempfile.gettempdir()) / f"secondlook-tests-{os.getuid()}"
"""Holds the converted backbone for all tests and test runs, because converting takes 8 s."""
PROVE = bool(os.environ.get("PROVE"))
"""Whether long tests run at full size, as in CI (`PROVE=1 make test`), or at a fraction of it."""
os.environ["CACHE"] = str(CACHE)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
# Nothing listens there: enqueued work stays in its row, as when the broker is down.
os.environ["BROKER_URL"] = f"redis+socket://{CACHE}/no-broker.sock"

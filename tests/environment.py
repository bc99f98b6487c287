"""The environment of every test; imported before anything that reads it."""

import os
import tempfile
from pathlib import Path

CACHE = Path(tempfile.gettempdir()) / f"secondlook-tests-{os.getuid()}"
"""The converted backbone, shared by all tests and runs: converting takes 7 s."""
PROVE = bool(os.environ.get("PROVE"))
"""`PROVE=1 make test`, as CI does: the long tests at the full size of what we claim, else at a part of it."""
os.environ["CACHE"] = str(CACHE)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
# Nothing listens there: what is enqueued stays with its row, as when the broker is away.
os.environ["BROKER_URL"] = f"redis+socket://{CACHE}/no-broker.sock"

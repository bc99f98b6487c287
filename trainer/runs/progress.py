"""The progress of a run, written to its row: phase, share done, learning curve, log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from db import jobs
from db.models import Run
from trainer.features.feature_store import OnProgress

LEASE_SECONDS = 30
WRITE_SECONDS = 0.2
"""Least time between two writes: often enough for a viewer, and for a cancelled run to stop soon."""
PHASES = {
    # Where each phase ends on the progress bar: its share of a cold run on 200 faces.
    "quick": {"collect": 0.02, "embed": 0.6, "fit": 0.75, "validate": 0.8, "save": 0.95, "score": 1.0},
    "tutorial": {"collect": 0.01, "embed": 0.02, "fit": 0.98, "validate": 0.985, "save": 0.995, "score": 1.0},
    "fine-tune": {"collect": 0.01, "embed": 0.06, "fit": 0.94, "validate": 0.96, "save": 0.98, "score": 1.0},
}


class Progress:
    """Progress of a run that this process has claimed.

    Writes renew the lease; they raise `jobs.LostLease` once the run was cancelled or claimed by another
    worker.
    """

    def __init__(self, session: Session, run: Run, claim: jobs.Claim) -> None:
        self._session, self.claim = session, claim
        self._ends = PHASES[run.recipe.get("preset", "quick")]
        self._started_at = self._written_at = time.monotonic()
        self._pending: dict[str, Any] = {}
        self._curve: list[dict[str, Any]] = []
        self._log: list[list[Any]] = []
        self.seconds: dict[str, float] = {}
        self._span = (0.0, 0.0)
        self._phase = ("", 0.0)

    @contextmanager
    def phase(self, name: str) -> Iterator[OnProgress]:
        """Time a phase; yields the function to call with the share of it that is done, from 0 to 1."""
        names = list(self._ends)
        start = self._ends[names[names.index(name) - 1]] if name != names[0] else 0.0
        self._span = (start, self._ends[name])
        self._phase = (name, time.monotonic())
        self._write(phase=name, progress=start)
        yield self.report
        self.seconds = self.phase_seconds()

    def report(self, share: float) -> None:
        """Report the share of the phase that is done. Raises LostLease."""
        start, end = self._span
        self._pending["progress"] = start + min(1.0, share) * (end - start)
        self.heartbeat()

    def heartbeat(self, _share: float = 0.0) -> None:
        """Renew the lease if it is time to, where the share done is unknown. Raises LostLease."""
        if time.monotonic() - self._written_at >= WRITE_SECONDS:
            self._write()

    def note(self, text: str, **values: Any) -> None:
        """Add a line to the log; `text` is a message of the catalogue with placeholders for `values`."""
        self._log.append([round(time.monotonic() - self._started_at, 2), text, values])
        self._pending["log"] = list(self._log)

    def add_epoch(self, number: int, metrics: dict[str, float | None]) -> None:
        """Add a point to the learning curve."""
        self._curve.append({"epoch": number} | metrics)
        self._pending["curve"] = list(self._curve)

    def set(self, **values: Any) -> None:
        """Set columns of the run with the next write."""
        self._pending |= values

    def phase_seconds(self) -> dict[str, float]:
        """Seconds by phase, the current one included."""
        name, started_at = self._phase
        return self.seconds | {name: round(time.monotonic() - started_at, 3)}

    def unwritten(self) -> dict[str, Any]:
        """Columns that are still to be written, for the commit that ends the run."""
        return self._pending

    def _write(self, **values: Any) -> None:
        jobs.write(self._session, self.claim, LEASE_SECONDS, **(self._pending | values))
        self._session.commit()
        self._pending, self._written_at = {}, time.monotonic()

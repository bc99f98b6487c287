"""What a run says while it runs, in its row: phase, share, curve, log. There it learns of its end, too."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from db import jobs
from db.models import Run

LEASE_SECONDS = 30
EVERY = 0.2
"""Seconds between two writes: a viewer sees no more, and a cancelled run hears of it soon enough."""
PHASES = {
    # Where each phase ends on the progress bar: its share of a cold run on 200 faces.
    "quick": {"collect": 0.02, "embed": 0.6, "fit": 0.75, "validate": 0.8, "save": 0.95, "score": 1.0},
    "tutorial": {"collect": 0.01, "embed": 0.02, "fit": 0.98, "validate": 0.985, "save": 0.995, "score": 1.0},
    "fine-tune": {"collect": 0.01, "embed": 0.06, "fit": 0.94, "validate": 0.96, "save": 0.98, "score": 1.0},
}

Say = Callable[[float], None]


class Progress:
    """Writes renew the lease, and raise `jobs.LostLease` once the run is another's or cancelled."""

    def __init__(self, session: Session, run: Run) -> None:
        self._session, self._run = session, run
        self._ends = PHASES[run.recipe.get("preset", "quick")]
        self._began = self._wrote = time.monotonic()
        self._pending: dict[str, Any] = {}
        self._curve: list[dict[str, Any]] = []
        self._log: list[list[Any]] = []
        self.seconds: dict[str, float] = {}
        self._span = (0.0, 0.0)
        self._phase = ("", 0.0)

    @contextmanager
    def phase(self, name: str) -> Iterator[Say]:
        """Time a phase; the yielded function takes the share of it that is done."""
        names = list(self._ends)
        start = self._ends[names[names.index(name) - 1]] if name != names[0] else 0.0
        self._span = (start, self._ends[name])
        self._phase = (name, time.monotonic())
        self._write(phase=name, progress=start)
        yield self.say
        self.seconds = self.so_far()

    def say(self, share: float) -> None:
        """So much of the phase is done."""
        start, end = self._span
        self._pending["progress"] = start + min(1.0, share) * (end - start)
        self.beat()

    def beat(self, _share: float = 0.0) -> None:
        """Still at it, where there is no share to tell of."""
        if time.monotonic() - self._wrote >= EVERY:
            self._write()

    def note(self, text: str, **values: Any) -> None:
        """A line for the log; `text` is in the catalogue, `values` stand in it."""
        self._log.append([round(time.monotonic() - self._began, 2), text, values])
        self._pending["log"] = list(self._log)

    def epoch(self, number: int, figures: dict[str, float | None]) -> None:
        """A point of the curves."""
        self._curve.append({"epoch": number} | figures)
        self._pending["curve"] = list(self._curve)

    def set(self, **values: Any) -> None:
        """Columns of the run to be written with the next word."""
        self._pending |= values

    def so_far(self) -> dict[str, float]:
        """Seconds by phase, the current one included."""
        name, began = self._phase
        return self.seconds | {name: round(time.monotonic() - began, 3)}

    def last(self) -> dict[str, Any]:
        """What is still to be written, for the commit that ends the run."""
        return self._pending

    def _write(self, **values: Any) -> None:
        jobs.write(self._session, self._run, LEASE_SECONDS, **(self._pending | values))
        self._session.commit()
        self._pending, self._wrote = {}, time.monotonic()

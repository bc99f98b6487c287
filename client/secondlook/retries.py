"""When a call is sent again, and after how long."""

import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from secondlook.call import Call
from secondlook.errors import Unreachable, error_of

PASSING = frozenset({429, 502, 503, 504})
"""Statuses that may be gone a moment later."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
"""Seconds, where the answer names none."""


@dataclass
class Attempts:
    """All attempts of one call. A POST keeps its key over all of them, so that it is done once."""

    call: Call[Any]
    patience: float
    """Seconds after which it is given up, counted from the first attempt; 0: it is sent once."""
    headers: dict[str, str] = field(default_factory=dict)
    _failed: int = 0
    _begun: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.call.method == "POST" and self.call.accept_key:
            self.headers = {"Idempotency-Key": uuid.uuid4().hex}

    def pause_after(self, outcome: httpx.Response | httpx.TransportError) -> float | None:
        """Seconds until the next attempt; None for an answer that stands.

        Raises ApiError and Unreachable if there is no further attempt.
        """
        if isinstance(outcome, httpx.Response) and not outcome.is_error:
            return None
        pause = self._pause(outcome)
        if pause is None or time.monotonic() + pause - self._begun > self.patience:
            if isinstance(outcome, httpx.Response):
                raise error_of(outcome)
            raise Unreachable(f"The workbench cannot be reached: {outcome}") from outcome
        self._failed += 1
        return pause

    def _pause(self, outcome: httpx.Response | httpx.TransportError) -> float | None:
        backoff: float = min(FIRST_PAUSE * 2**self._failed, LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311
        if not isinstance(outcome, httpx.Response):
            return backoff
        named = outcome.headers.get("Retry-After", "")
        seconds = float(named) if named.isdecimal() else None
        passes = outcome.status_code in PASSING or error_of(outcome).code == "at_work"
        if not passes:  # every answer of a workbench names seconds, also one that stands
            return None
        return backoff if seconds is None else seconds

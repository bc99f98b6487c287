"""Recurring work that looks at everything now and then, and in between only at what is new.

A look at a million rows every few seconds would take longer than the work that it finds.
"""

import time
from collections.abc import Hashable
from datetime import timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

EVERY = timedelta(minutes=10)
"""Between two looks at everything, as long as those find nothing."""
_ended: WeakKeyDictionary[Engine | Connection, dict[Hashable, float]] = WeakKeyDictionary()


def is_due(session: Session, what: Hashable) -> bool:
    """Whether this process has to look at everything: it never did, or long ago, or found something."""
    ended = _ended.get(session.get_bind(), {}).get(what)
    return ended is None or time.monotonic() - ended > EVERY.total_seconds()


def found_nothing(session: Session, what: Hashable) -> None:
    """A look at everything has found nothing."""
    _ended.setdefault(session.get_bind(), {})[what] = time.monotonic()

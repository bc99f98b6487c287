"""The time by the database's clock, which all machines of a workbench share.

A machine whose own clock is wrong would otherwise take leases that have ended already, or end those of
others. Each process asks PostgreSQL for the time now and then, and counts on by a clock that nobody sets.
SQLite has no clock of its own: all processes are on one machine.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

MEASURED_EVERY = 10.0
"""Seconds between two looks at the database's clock."""
MOST_SKEW = timedelta(seconds=60)
"""How far off a machine's clock may be before people are told; expiries by other clocks allow for it."""


@dataclass(frozen=True)
class _Measured:
    at: datetime
    """The database's time."""
    monotonic: float
    skew: timedelta


_measured: _Measured | None = None


def now() -> datetime:
    """The database's time in UTC; this machine's until the process first connects, and always on SQLite."""
    measured = _measured
    if measured is None:
        return datetime.now(UTC)
    return measured.at + timedelta(seconds=time.monotonic() - measured.monotonic)


def skew() -> timedelta:
    """How far this machine's clock was ahead of the database's when they were last compared."""
    return timedelta() if _measured is None else _measured.skew


def follow(engine: Engine) -> None:
    """Tell the time by the clock of this PostgreSQL server from now on."""
    error = engine.dialect.loaded_dbapi.Error

    def set_zone(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")  # whatever the server's is
        connection.commit()

    def measure_if_due(connection: Any, _record: Any, _proxy: Any) -> None:
        if _measured is None or time.monotonic() - _measured.monotonic > MEASURED_EVERY:
            try:
                _measure(connection)
            except error as lost:
                raise DisconnectionError(str(lost)) from lost  # the pool connects anew

    event.listen(engine, "connect", set_zone)
    event.listen(engine, "checkout", measure_if_due)


def _measure(connection: Any) -> None:
    global _measured
    before = time.monotonic()
    with connection.cursor() as cursor:
        # now() would be the time at which the transaction began.
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    own, after = datetime.now(UTC), time.monotonic()
    connection.rollback()
    half = timedelta(seconds=(after - before) / 2)
    _measured = _Measured(at.astimezone(UTC), (before + after) / 2, own - half - at)


def forget() -> None:
    """Tell the time by this machine's clock again, until a connection is made."""
    global _measured
    _measured = None

"""Which errors mean that the database or the file store is locked or away: trying again later helps."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from obstore.exceptions import GenericError, PermissionDeniedError, UnauthenticatedError
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from db.errors import Unavailable

STORE = (GenericError, PermissionDeniedError, UnauthenticatedError)
"""An S3 store that does not answer, or lets nobody in; a missing file is a FileNotFoundError."""

SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes."""
POSTGRESQL_CLASSES = ("08", "53", "57")
"""Of SQLSTATE: the connection failed, resources are exhausted, somebody stopped the server."""
POSTGRESQL = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, a lock that was not to be had in time."""


def is_outage(error: BaseException | None) -> bool:
    """Whether the error, or one that caused it, is an outage of the database or the file store."""
    return any(isinstance(one, STORE) or _is_of_database(one) for one in causes(error))


def unavailable(error: BaseException) -> Unavailable:
    """The error to answer with during the outage."""
    hint = "Nothing was lost. Try again in a moment."
    if any(_is_of_database(one) for one in causes(error)):
        return Unavailable("database_away", "The database does not answer at the moment.", hint)
    return Unavailable("store_away", "The store of the photos does not answer at the moment.", hint)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what caused it, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_of_database(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or (isinstance(error, DBAPIError) and _is_one(error))


def _is_one(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    original: Any = error.orig
    if isinstance(original, sqlite3.Error):
        return (getattr(original, "sqlite_errorcode", 0) or 0) & 0xFF in SQLITE
    state = getattr(original, "sqlstate", None)
    if state is None:  # it never reached the server
        return isinstance(error, OperationalError)
    return state in POSTGRESQL or state.startswith(POSTGRESQL_CLASSES)

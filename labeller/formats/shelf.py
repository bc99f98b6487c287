"""Values by key in a temporary file: what a label file gives in another order than it is needed in.

Memory stays flat for any number, and a process that is killed leaves nothing behind: the file has no name.
"""

import json
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any


class Shelf:
    """Several values a key, in the order in which they were put."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA cache_size = -8000")
        self._rows.execute("CREATE TABLE kept (key TEXT NOT NULL, value TEXT NOT NULL)")
        self._rows.execute("CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._rows.execute("BEGIN")
        self._indexed = False

    def put(self, key: str, value: Any) -> None:
        """`value` is what JSON can carry."""
        self._rows.execute("INSERT INTO kept VALUES (?, ?)", (_plain(key), json.dumps(value, default=float)))

    def of(self, key: str) -> list[Any]:
        """The values of a key; an empty list for an unknown one."""
        self._seal()
        rows = self._rows.execute("SELECT value FROM kept WHERE key = ? ORDER BY rowid", (_plain(key),))
        return [json.loads(value) for (value,) in rows]

    def take(self, key: str) -> list[Any] | None:
        """As `of`, but only once: None for a key that was taken before."""
        done = self._rows.execute("INSERT OR IGNORE INTO seen VALUES (?)", (_plain(key),))
        return self.of(key) if done.rowcount else None

    def left(self) -> Iterator[tuple[str, Any]]:
        """Each key and value that was never taken."""
        self._seal()
        query = "SELECT key, value FROM kept WHERE key NOT IN (SELECT key FROM seen) ORDER BY rowid"
        for key, value in self._rows.execute(query):
            yield key, json.loads(value)

    def all_keys(self) -> Iterator[str]:
        """Each key once, in the order of their first values."""
        self._seal()
        for (key,) in self._rows.execute("SELECT key FROM kept GROUP BY key ORDER BY min(rowid)"):
            yield key

    def close(self) -> None:
        self._rows.close()

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _seal(self) -> None:
        if not self._indexed:
            self._rows.execute("CREATE INDEX by_key ON kept (key)")
            self._indexed = True


def _plain(key: str) -> str:
    """SQLite refuses half a pair of surrogates, which JSON may hold."""
    return key.encode("utf-8", "backslashreplace").decode()

"""Engine and sessions, the same on SQLite and PostgreSQL."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db import clock
from db.settings import settings

POSTGRES_OPTIONS = "-c random_page_cost=1.1 -c jit=off"
"""For solid-state disks: by its default, for a disk with an arm, PostgreSQL reads a whole table rather than
some thousand rows by an index. Compiling a query takes longer than any of ours."""
BUSY_TIMEOUT_MS = 15_000
"""How long a write on SQLite waits for another one; the engine's option `busy_timeout` may say otherwise."""
MOST_CONNECTIONS = 48
"""Of one process: at least one for each thread that may ask the database (`web/serving/lanes.py`)."""
POOL_SECONDS, CONNECT_SECONDS = 5, 5
"""How long one waits for a connection of the pool, and for a server that does not answer."""


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # WAL: readers never wait for the writer. busy_timeout: a writer waits for another instead of failing.
    # secure_delete: deleted rows are overwritten; otherwise an erased person's name would stay in the file.
    # cache_size: kB of each connection. The system keeps the file in memory anyway; with the default of 2 MB
    # the web process grows by 12 % in 20 minutes, and no page is faster.
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=NORMAL",
        "cache_size=-512",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_busy_timeout(connection: Connection) -> None:
    """Set it at each use of a pooled connection: an earlier user may have changed it."""
    wait = connection.get_execution_options().get("busy_timeout", BUSY_TIMEOUT_MS)
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(wait)}")
    cursor.close()


@functools.cache
def engine() -> Engine:
    """The engine of this process. Its errors contain no values of rows, so that no name reaches a log."""
    url = settings().database
    if not url.startswith("sqlite"):
        server = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=MOST_CONNECTIONS // 4,  # the server has other clients; more are made when needed
            max_overflow=MOST_CONNECTIONS - MOST_CONNECTIONS // 4,
            pool_timeout=POOL_SECONDS,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "tcp_user_timeout": 15_000,
                "options": POSTGRES_OPTIONS,
            },
            hide_parameters=True,
        )
        clock.follow(server)
        return server
    settings().data.mkdir(parents=True, exist_ok=True)
    sqlite_engine = create_engine(
        url, pool_size=MOST_CONNECTIONS, max_overflow=0, pool_timeout=POOL_SECONDS, hide_parameters=True
    )
    event.listen(sqlite_engine, "connect", _set_sqlite_pragmas)
    event.listen(sqlite_engine, "engine_connect", _set_busy_timeout)
    return sqlite_engine


@contextmanager
def session_scope() -> Iterator[Session]:
    """A session that is rolled back unless the block commits it."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


def take_write_lock(session: Session) -> None:
    """On SQLite, wait for the database's only write lock, and hold it until the commit.

    What is read afterwards no other process changes. On PostgreSQL nothing happens: lock rows, or use
    `take_lock`.
    """
    if session.get_bind().dialect.name == "sqlite":
        # Any statement that could write takes the lock, also one that finds no row.
        session.execute(text("UPDATE photo SET id = id WHERE id IS NULL"))


def do_not_wait(session: Session) -> None:
    """Until the end of the transaction, a write on SQLite fails at once if another one is under way.

    Waiting is by steps of up to 0.1 s, since SQLite tells nobody when its lock is free.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA busy_timeout=0")  # `_set_busy_timeout` sets it anew


def take_lock(session: Session, key: int, *, shared: bool = False) -> None:
    """Wait for the lock `key`, and hold it until the commit.

    Several transactions may hold a `shared` lock, while nobody holds it alone. It is an advisory lock of
    PostgreSQL; on SQLite it is the write lock, whatever the key.
    """
    take_write_lock(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}({key})"))


def insert_missing(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the `rows` whose key does not exist yet; the keys of a row are names of columns."""
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    target = table if isinstance(table, Table) else table.__table__
    session.execute(dialect.insert(target).on_conflict_do_nothing(), list(rows))


def empty_write_ahead_log(session: Session) -> None:
    """Move SQLite's write-ahead log into the database file and empty it, so that it holds no deleted rows.

    Waits for readers, five times half a second. If that is not enough, the next call does it.
    """
    if session.get_bind().dialect.name != "sqlite":
        return
    session.commit()
    with engine().execution_options(busy_timeout=500).connect() as connection:
        for _ in range(5):
            busy, _, _ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
            if not busy:
                break

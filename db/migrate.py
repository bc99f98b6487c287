"""Bringing the database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from db.session import engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(revision: str = "head", on: Engine | None = None) -> None:
    """Run the migrations up to `revision` in one transaction, on this process's engine or another."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with (on or engine()).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

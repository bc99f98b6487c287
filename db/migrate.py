"""Bringing the database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from db.session import engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(revision: str = "head") -> None:
    """Run the migrations up to `revision` inside one transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine().begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

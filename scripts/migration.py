"""Writes the next migration: what differs between the models and an empty, migrated SQLite database.

    python -m scripts.migration "what changes"

Read the result before you commit it: a renamed column looks like one dropped and one added.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from db import migrate


def write_migration(message: str, folder: Path = migrate.MIGRATIONS) -> Path:
    """Write the migration with the next number into `folder`'s `versions` and return its path."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    head = ScriptDirectory.from_config(config).get_current_head()
    with tempfile.TemporaryDirectory() as temporary:
        engine = create_engine(f"sqlite:///{temporary}/empty.db")
        migrate.upgrade(on=engine)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            script = command.revision(
                config, message=message, autogenerate=True, rev_id=f"{int(head or 0) + 1:04}"
            )
        engine.dispose()
    assert not isinstance(script, list)
    assert script is not None
    return Path(script.path)


def main() -> None:
    message = " ".join(sys.argv[1:]).strip()
    if not message:
        sys.exit('Say what changes: make migration NAME="add a column"')
    path = write_migration(message)  # Alembic prints the path
    if "op." not in path.read_text(encoding="utf-8"):
        print("It is empty: the models do not differ from the newest migration.")


if __name__ == "__main__":
    main()

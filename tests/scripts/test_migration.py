import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

import db.models  # noqa: F401 - fills the metadata
from db import migrate
from db.base import Base
from scripts.migration import write_migration


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of the migrations, to write the next one into."""
    return Path(shutil.copytree(migrate.MIGRATIONS, tmp_path / "migrations"))


def next_number() -> str:
    newest = max(path.name for path in (migrate.MIGRATIONS / "versions").glob("[0-9]*.py"))
    return f"{int(newest[:4]) + 1:04}"


@pytest.mark.slow
def test_a_new_table_becomes_the_next_numbered_migration(migrations: Path) -> None:
    table = sa.Table("lens", Base.metadata, sa.Column("id", sa.Integer(), primary_key=True))
    try:
        path = write_migration("Add the lenses", migrations)
    finally:
        Base.metadata.remove(table)
    assert path == migrations / "versions" / f"{next_number()}_add_the_lenses.py"
    text = path.read_text(encoding="utf-8")
    assert f'revision = "{next_number()}"\ndown_revision = "{int(next_number()) - 1:04}"' in text
    assert "op.create_table('lens'" in text


@pytest.mark.slow
def test_without_a_change_the_migration_does_nothing(migrations: Path) -> None:
    assert "op." not in write_migration("nothing", migrations).read_text(encoding="utf-8")

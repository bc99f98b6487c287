"""A database of every earlier revision, with data in it, comes to the newest one with all of its data."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, func, select

from db import session
from db.base import Base, now
from db.migrate import MIGRATIONS, upgrade

SAMPLES = {"INTEGER": 1, "BIGINT": 1, "BOOLEAN": False, "JSON": [], "DOUBLE": 1.0, "DOUBLE_PRECISION": 1.0}


def earlier_revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][:0:-1]


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Engine]:
    if request.param == "postgres":
        made = create_engine(request.getfixturevalue("empty_postgres"))
    else:
        made = create_engine(f"sqlite:///{tmp_path}/old.db")
        session.event.listen(made, "connect", session._sqlite_pragmas)
    yield made
    made.dispose()


def fill(connection: Connection) -> dict[str, int]:
    """One row in every table, each naming the others' first; the number of rows by table."""
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if table.name != "alembic_version":
            row = {
                column.name: sample(column)
                for column in table.columns
                if not column.nullable or column.name == "merged_into_id"
            }
            connection.execute(table.insert().values(row | ({"id": 1} if "id" in table.columns else {})))
    return count(connection, metadata)


def sample(column) -> object:  # type: ignore[no-untyped-def]
    kind = column.type.__class__.__name__.upper()
    if "DATE" in kind or "TIME" in kind:
        return now()
    return SAMPLES.get(kind, b"x" if kind in ("BLOB", "BYTEA") else "x")


def count(connection: Connection, metadata: MetaData) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
        if table.name != "alembic_version"
    }


@pytest.mark.parametrize("revision", earlier_revisions())
def test_every_earlier_database_is_brought_up_with_its_data(engine: Engine, revision: str) -> None:
    upgrade(revision, on=engine)
    with engine.begin() as connection:
        before = fill(connection)
    assert set(before.values()) == {1}
    upgrade(on=engine)
    with engine.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        after = count(connection, metadata)
        if revision < "0005":  # which cuts crops in another way: features are computed anew
            assert (before.pop("embedding"), after.pop("embedding")) == (1, 0)
        assert {name: after[name] for name in before} == before
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

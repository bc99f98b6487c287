"""A database of any earlier revision can be upgraded and keeps its data."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, func, select

from db.base import Base, now
from db.migrate import MIGRATIONS, upgrade

SAMPLES = {"INTEGER": 1, "BIGINT": 1, "BOOLEAN": False, "JSON": [], "DOUBLE": 1.0, "DOUBLE_PRECISION": 1.0}


def earlier_revisions() -> list[Any]:
    """All but the newest; between the first and the last they are for the full size."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    marks = [pytest.mark.slow, pytest.mark.full_size]
    first, *middle, last = [script.revision for script in scripts][:0:-1]
    return [first, *(pytest.param(revision, marks=marks) for revision in middle), last]


def insert_samples(connection: Connection) -> dict[str, int]:
    """Insert a row into every table, which refers to the rows of the others; the number of rows by table."""
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if table.name != "alembic_version":
            row = {
                column.name: sample_value(column)
                for column in table.columns
                if not column.nullable or (table.name, column.name) == ("person", "merged_into_id")
            }
            connection.execute(table.delete())  # the classes of the settings
            connection.execute(table.insert().values(row | ({"id": 1} if "id" in table.columns else {})))
            if connection.dialect.name == "postgresql" and "id" in table.columns:
                connection.exec_driver_sql(
                    f"""SELECT setval(pg_get_serial_sequence('"{table.name}"', 'id'), 1)"""
                )
    return count_rows(connection, metadata)


def sample_value(column) -> object:  # type: ignore[no-untyped-def]
    kind = column.type.__class__.__name__.upper()
    if "DATE" in kind or "TIME" in kind:
        return now()
    return SAMPLES.get(kind, b"x" if kind in ("BLOB", "BYTEA") else "x")


def count_rows(connection: Connection, metadata: MetaData) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
        if table.name != "alembic_version"
    }


@pytest.mark.parametrize("revision", earlier_revisions())
def test_an_upgrade_keeps_the_data_and_ends_with_the_schema_of_the_models(
    empty_engine: Engine, revision: str
) -> None:
    upgrade(revision, on=empty_engine)
    with empty_engine.begin() as connection:
        before = insert_samples(connection)
    assert set(before.values()) == {1}, before
    upgrade(on=empty_engine)
    with empty_engine.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        after = count_rows(connection, metadata)
        if revision < "0005":  # 0005 deletes the features, as it changes how crops are cut
            assert (before.pop("embedding"), after.pop("embedding")) == (1, 0)
        if revision < "0015":  # nobody waits for predictions once the programs have been stopped
            assert (before.pop("prediction"), after.pop("prediction")) == (1, 0)
        before.pop("counter", None)  # counted anew when the triggers are created
        assert after.pop("class") >= before.pop("class", 0) + 2  # those of the settings, and what runs know
        assert {name: after[name] for name in before} == before
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        if empty_engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

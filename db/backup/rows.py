"""The rows of a backup: a copy of one moment of the running database, always as a file of SQLite.

A copy of PostgreSQL is read in one transaction that sees one snapshot. A copy of SQLite is made by its own
online backup; the read transaction that is open meanwhile keeps writers from starting it over.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    cast,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import OperationalError

from db import counters
from db.base import Base

LEFT_OUT = (
    "worker",
    "prediction",
    "prediction_batch",
    "blob_hold",
    "doomed_blob",
    "backup",
    "export",
    "counter",
    "webhook_delivery",
    "import_line",
    "import_photo",
    "import",
    "kept_reply",
)
"""Tables of no use elsewhere: who works now, pictures that are not kept, this workbench's own backups and
exports, imports, whose archives are in no backup, what webhooks were told or are to be told, what was
answered just now, and counts, which triggers keep and which are counted anew where these are created."""
PAGES_AT_ONCE = 2000
ROWS_AT_ONCE = 1000

OnShare = Callable[[float], None]
"""Called with the share that is done, from 0 to 1; what it raises ends the work."""


def sqlite_engine(path: Path) -> Engine:
    """An engine on a file of rows, which leaves nothing beside the file once it is disposed of.

    The file may come from anywhere: functions that its schema names are not trusted.
    """
    engine = create_engine(f"sqlite:///{_escaped(path)}", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=DELETE", "synchronous=OFF", "trusted_schema=OFF", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def copy_out(source: Engine, path: Path, on_share: OnShare) -> None:
    """Copy the database as it is now to the new file `path`, without LEFT_OUT."""
    if source.dialect.name == "sqlite":
        _copy_sqlite(Path(str(source.url.database)), path, on_share)
    else:
        _copy_snapshot(source, path, on_share)
    engine = sqlite_engine(path)
    with engine.begin() as connection:
        counters.remove(connection)
        for name in LEFT_OUT:
            connection.execute(delete(Base.metadata.tables[name]))
    engine.dispose()


def _copy_sqlite(source: Path, path: Path, on_share: OnShare) -> None:
    try:
        _back_up_sqlite(source, path, on_share)
    except sqlite3.Error as error:
        raise OperationalError("backup", {}, error) from error


def _back_up_sqlite(source: Path, path: Path, on_share: OnShare) -> None:
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(path)) as copy:
        original.execute("BEGIN")
        original.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        original.backup(
            copy,
            pages=PAGES_AT_ONCE,
            progress=lambda _status, left, total: on_share(1 - left / total),
        )
        copy.execute("PRAGMA journal_mode=DELETE")


def _copy_snapshot(source: Engine, path: Path, on_share: OnShare) -> None:
    target = sqlite_engine(path)
    Base.metadata.create_all(target)
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with source.connect().execution_options(**snapshot) as frozen, target.begin() as copy:
        revision = frozen.scalar(text("SELECT version_num FROM alembic_version"))
        copy.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        copy.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
        total, done = max(1, _estimated_rows(frozen)), 0
        for table in Base.metadata.tables.values():
            into = insert(_with_json_as_text(table))
            for rows in _chunks(frozen, table):
                copy.execute(into, rows)
                done += len(rows)
                on_share(min(1.0, done / total))
        _keep_last_ids(frozen, copy)
    target.dispose()


def _chunks(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows, JSON as text: as a value, JSON's null could not be told from no value."""
    columns = [cast(c, String).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
    result = connection.execute(select(*columns), execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in result.mappings().partitions(ROWS_AT_ONCE):
        yield [dict(row) for row in rows]


def _with_json_as_text(table: Table) -> Table:
    kinds = {c.name: String() if isinstance(c.type, JSON) else c.type for c in table.columns}
    return Table(table.name, MetaData(), *(Column(name, kind) for name, kind in kinds.items()))


def _estimated_rows(connection: Connection) -> int:
    """As PostgreSQL's statistics have it: for the progress bar."""
    return int(
        connection.scalar(text("SELECT sum(greatest(reltuples, 0)) FROM pg_class WHERE relkind = 'r'")) or 0
    )


def copy_in(path: Path, target: Engine, on_share: OnShare) -> None:
    """Put the rows of the file, which has the newest schema, into a PostgreSQL database of that schema.

    All in one transaction: until its end there is nothing to see. The rules that join tables are taken away
    meanwhile and checked at the end, since people and invitations refer to each other.
    """
    source = sqlite_engine(path)
    with source.connect() as file, target.begin() as connection:
        counts = count_rows(file)
        total, done = max(1, sum(counts.values())), 0
        rules = _drop_foreign_keys(connection)
        for table in _kept_tables():
            connection.execute(delete(table))
            for rows in _chunks(file, table):
                _copy_rows(connection, table, rows)
                done += len(rows)
                on_share(done / total)
        for rule in rules:
            connection.execute(text(rule))
        for table in Base.metadata.tables.values():
            _continue_sequence(file, connection, table)
        assert count_rows(connection) == counts
    source.dispose()


def count_rows(connection: Connection) -> dict[str, int]:
    """The number of rows by table."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in _kept_tables()
    }


def _kept_tables() -> list[Table]:
    """All tables but that of the counts."""
    return [table for name, table in Base.metadata.tables.items() if name != "counter"]


def _drop_foreign_keys(connection: Connection) -> list[str]:
    """Drop the foreign keys of the schema; returns the statements that add them again."""
    query = (
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    rules = []
    for table, name, definition in connection.execute(text(query)).all():
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        rules.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    return rules


def _copy_rows(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows by COPY, which takes a tenth of the time of INSERT."""
    names = [column.name for column in table.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    processors = [_processor(c.type, connection) for c in _with_json_as_text(table).columns]
    cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    with cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([process(row[name]) for process, name in zip(processors, names, strict=True)])


def _processor(kind: Any, connection: Connection) -> Callable[[Any], Any]:
    process = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return process or (lambda value: value)


def _sequence(connection: Connection, table: Table) -> str | None:
    if "id" not in table.columns:
        return None
    query = text("SELECT pg_get_serial_sequence(:name, 'id')")
    name: str | None = connection.scalar(query, {"name": f'"{table.name}"'})
    return name


def _keep_last_ids(original: Connection, copy: Connection) -> None:
    """Note in SQLite's way which ids were used, so that those of deleted rows are never given again."""
    for table in Base.metadata.tables.values():
        if table.dialect_options["sqlite"]["autoincrement"]:
            last = original.scalar(text(f"SELECT last_value FROM {_sequence(original, table)}"))  # noqa: S608
            copy.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            copy.execute(
                text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": table.name, "last": last}
            )


def _continue_sequence(file: Connection, connection: Connection, table: Table) -> None:
    """Let the next id follow the last that was used."""
    if (sequence := _sequence(connection, table)) is None:
        return
    used = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    last = max(
        connection.scalar(select(func.max(table.c.id))) or 0, file.scalar(used, {"name": table.name}) or 0
    )
    connection.execute(select(func.setval(sequence, max(1, last), last > 0)))


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")

"""SQL that makes rows by the million inside the database: numbers, times, texts, random bytes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session

START = datetime(2026, 1, 1, tzinfo=UTC)


def numbers(count: int) -> Any:
    """A column of the numbers from 1 to `count`."""
    first = select(cast(literal(1), BigInteger).label("i")).cte("numbers", recursive=True)
    return first.union_all(select(first.c.i + 1).where(first.c.i < count)).c.i


def insert_numbered(session: Session, model: Any, i: Any, where: Any = True, **values: Any) -> None:
    """A row for each number; the keys of `values` are names of columns."""
    insert_rows(session, model, select(i).where(where), **values)


def insert_rows(session: Session, model: Any, rows: Select[Any], **values: Any) -> None:
    table = model.__table__
    columns = [
        literal(value, table.c[name].type) if isinstance(value, str | int | float | datetime) else value
        for name, value in values.items()
    ]
    session.execute(insert(table).from_select(list(values), rows.with_only_columns(*columns)))


def text_of(prefix: str, i: Any) -> ColumnElement[str]:
    return literal(prefix).op("||")(cast(i, String))


def is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def at(session: Session, minutes: Any) -> ColumnElement[Any]:
    """A time, so many minutes after START."""
    if is_postgres(session):
        return literal(START) + minutes * literal(timedelta(minutes=1))
    return func.strftime(
        "%Y-%m-%d %H:%M:%S.000000", START.strftime("%Y-%m-%d"), cast(minutes, String).op("||")(" minutes")
    )


def random_hash(session: Session, i: Any) -> ColumnElement[bytes]:
    if is_postgres(session):
        return func.sha256(cast(cast(i, String), LargeBinary))
    return func.randomblob(32)


def random_vector(session: Session, i: Any) -> ColumnElement[bytes]:
    """1280 numbers of two bytes, none of them infinite: text is that, too."""
    if is_postgres(session):
        return cast(func.repeat(func.md5(cast(i, String)), 80), LargeBinary)
    return cast(func.substr(func.replace(func.hex(func.zeroblob(1280)), "0", "5"), 1, 2560), LargeBinary)


def sequences() -> list[str]:
    """Statements that let new rows get ids after those inserted with one."""
    tables = ("person", "group", "photo", "face", "run")
    return [
        f"""SELECT setval(pg_get_serial_sequence('"{name}"', 'id'), (SELECT max(id) FROM "{name}"))"""
        for name in tables
    ]

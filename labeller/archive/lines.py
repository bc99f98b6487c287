"""Rows as lines of JSON, and back: times in ISO 8601, bytes in base64, everything else as it is."""

import base64
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, LargeBinary, RowMapping

from db.base import UtcDateTime
from labeller.archive.layout import PHOTO, Rows

Row = dict[str, Any]
Values = RowMapping | Mapping[str, Any]
"""By column's name, as the database has it."""
LARGEST = 1 << 31
"""Whole numbers are smaller: what PostgreSQL's INTEGER holds."""


def to_line(rows: Rows, values: Values, photo: int | None = None) -> str:
    """The row as a line without its end."""
    row = {column.name: _written(values[column.name]) for column in rows.columns}
    if rows.photo == PHOTO:
        row[PHOTO] = photo
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _written(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def from_line(rows: Rows, line: str) -> Row:
    """The row of a line. Raises ValueError, in words, unless each column has a value that it can hold."""
    row = json.loads(line, parse_constant=_no_number)
    expected = {column.name for column in rows.columns} | ({PHOTO} if rows.photo == PHOTO else set())
    if not isinstance(row, dict) or set(row) != expected:
        raise ValueError("has other fields than it should")
    if "\\u0000" in line:
        raise ValueError("has a character that no text holds")
    values = {column.name: _read(column, row[column.name]) for column in rows.columns}
    return values | ({PHOTO: _whole(row[PHOTO])} if rows.photo == PHOTO else {})


def _no_number(text: str) -> None:
    raise ValueError(f"holds {text}, which is no number")


def _read(column: Column[Any], value: Any) -> Any:
    if value is None:
        if not column.nullable and column.name != "name":  # people may have none
            raise ValueError(f"lacks {column.name}")
        return None
    for kind, read in _READERS:
        if isinstance(column.type, kind):
            try:
                return read(value)
            except (ValueError, TypeError, OverflowError):
                raise ValueError(f"holds a {column.name} that is none") from None
    return _text(value)


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) >= LARGEST:
        raise ValueError("no whole number")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("no number")
    return float(value)


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("neither true nor false")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("no text")
    value.encode()  # half a character is none
    return value


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("no time zone")
    return time


def _bytes(value: Any) -> bytes:
    return base64.b64decode(_text(value), validate=True)


def _json(value: Any) -> Any:
    if not isinstance(value, dict | list):
        raise ValueError("no list and no object")
    return value


_READERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (UtcDateTime, _time),
    (Date, date.fromisoformat),
    (Boolean, _boolean),
    (Integer, _whole),
    (Float, _number),
    (LargeBinary, _bytes),
    (JSON, _json),
)

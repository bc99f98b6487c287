"""Rows of databases of earlier versions, whose tables the models no longer describe."""

import json
from typing import Any

from sqlalchemy import Connection, text


def insert_row(connection: Connection, table: str, **values: Any) -> None:
    """Insert a row; lists and dictionaries as JSON."""
    coded = {key: json.dumps(v) if isinstance(v, dict | list) else v for key, v in values.items()}
    names = ", ".join(f'"{key}"' for key in coded)
    places = ", ".join(f":{key}" for key in coded)
    connection.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({places})'), coded)

"""Searching everything that a workbench stores."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Base


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def traces(db: Session, data: Path, *secrets: bytes) -> list[str]:
    """Where any of the secrets stands: in a column of a row, or in a file of the data folder."""
    found = []
    for table in Base.metadata.tables.values():
        for row in db.execute(select(table)).mappings():
            found += [f"{table.name}: {row}" for secret in secrets if secret in repr(dict(row)).encode()]
            found += [
                f"{table.name}.{name}" for name, value in row.items()
                if isinstance(value, bytes) and any(secret in value for secret in secrets)
            ]  # fmt: skip
    files = everything_in(data)
    found += [name for name in files if any(secret.decode("latin1") in name for secret in secrets)]
    return found + [name for name, content in files.items() if any(secret in content for secret in secrets)]

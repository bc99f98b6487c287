"""Searching everything that a workbench stores."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Base


def read_all_files(folder: Path) -> dict[str, bytes]:
    """The content of every file in `folder`, by relative path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def find_traces(db: Session, data: Path, *secrets: bytes) -> list[str]:
    """Every column and every file of the data folder in which one of the secrets occurs."""
    found = []
    for table in Base.metadata.tables.values():
        for row in db.execute(select(table)).mappings():
            found += [f"{table.name}: {row}" for secret in secrets if secret in repr(dict(row)).encode()]
            found += [
                f"{table.name}.{name}" for name, value in row.items()
                if isinstance(value, bytes) and any(secret in value for secret in secrets)
            ]  # fmt: skip
    files = read_all_files(data)
    found += [name for name in files if any(secret.decode("latin1") in name for secret in secrets)]
    return found + [name for name, content in files.items() if any(secret in content for secret in secrets)]

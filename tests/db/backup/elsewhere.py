"""Being another workbench, in which a backup is restored."""

from pathlib import Path

import pytest

from db.session import engine
from tests.conftest import _empty_tables, forget_settings


def ignore(_share: float) -> None:
    """No progress bar."""


def start_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch, database: str | None) -> None:
    """From here on this process is another, new workbench."""
    engine().dispose()
    monkeypatch.setenv("DATA", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if database is not None:
        monkeypatch.setenv("DATABASE_URL", database)
    forget_settings()
    if database is not None:
        _empty_tables(engine())

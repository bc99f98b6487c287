"""Backups are tried on SQLite among the quick tests, on PostgreSQL among the slow ones."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "postgres" in item.name:
            item.add_marker(pytest.mark.slow)

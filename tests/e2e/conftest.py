"""The web process alone, for tests without workers, and a whole workbench for the others."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import forget_settings
from tests.web_server import Server, running_server
from tests.workbench_process import Workbench, running_workbench


@pytest.fixture
def server(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Server]:
    shutil.copy(migrated_sqlite, tmp_path)
    with running_server(tmp_path) as server:
        yield server


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A whole workbench with an owner's token; this process uses the same database."""
    with running_workbench(tmp_path) as workbench:
        monkeypatch.setenv("DATA", str(tmp_path))
        monkeypatch.setenv("BASE_URL", workbench.url)
        forget_settings()
        workbench.sign_in()
        yield workbench
    forget_settings()

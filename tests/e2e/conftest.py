"""The web process on an empty database, for what needs no worker; and a whole workbench, for what does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import forget_settings
from tests.serving import Server, serving
from tests.workbench import Workbench, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as made:
        yield made


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A whole workbench, signed in to; this process reads the same database."""
    with running(tmp_path) as made:
        monkeypatch.setenv("DATA", str(tmp_path))
        monkeypatch.setenv("BASE_URL", made.url)
        forget_settings()
        made.sign_in()
        yield made
    forget_settings()

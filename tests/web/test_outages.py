"""Requests while the database is locked or away."""

import sqlite3
from pathlib import Path

import pytest

from db import session as sessions
from tests.web.conftest import Client
from web import database


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_locked_database_is_503_with_words_and_no_stack_trace(
    client: Client,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 10)
    ada = client("owner", "Ada")
    holder = sqlite3.connect(data / "secondlook.db")
    holder.execute("BEGIN IMMEDIATE")
    page = ada.post("/runs/rule", data={"train_after": "5"})
    holder.close()
    assert ada.post("/runs/rule", data={"train_after": "5"}).status_code == 302
    assert page.status_code == 503
    assert "database does not answer" in page.text
    assert int(page.headers["Retry-After"]) > 0
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_database_that_is_away_is_503(
    client: Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ada = client("owner", "Ada")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://look@127.0.0.1:1/look")
    from tests.conftest import forget_settings

    before = sessions.engine()
    forget_settings()
    for path in ("/", "/healthz", "/api/v1/stats", "/label"):
        answer = ada.get(path)
        assert answer.status_code == 503, path
        assert answer.headers["Retry-After"]
    assert "Traceback" not in capfd.readouterr().err
    before.dispose()

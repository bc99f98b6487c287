"""Requests while the database is locked or away."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import session as sessions
from db.models import Token
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


@pytest.mark.timeout(20)
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_page_does_not_wait_to_note_who_was_here(
    client: Client, data: Path, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 60_000)
    ada = client("owner", "Ada")
    db.execute(update(Token).values(used_at=None))
    db.commit()
    with closing(sqlite3.connect(data / "secondlook.db")) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert ada.get("/").status_code == 200
    assert db.scalars(select(Token.used_at)).all() == [None]
    assert ada.get("/").status_code == 200
    db.rollback()
    assert db.scalars(select(Token.used_at)).all() != [None]


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

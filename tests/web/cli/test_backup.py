"""`flask backup` and `flask restore` on a terminal."""

import errno
import sqlite3
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from db.backup import restore, rows

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def test_a_full_disk_is_one_line(
    app: Flask, db: Session, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.commit()
    runner, file = app.test_cli_runner(), tmp_path_factory.mktemp("place") / "a.backup"
    assert runner.invoke(args=["backup", str(file)]).exit_code == 0

    def fill_disk(source: Path, path: Path, on_share: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(rows, "_back_up_sqlite", fill_disk)
        ended = runner.invoke(args=["backup", str(file.with_name("b.backup"))])
    assert (ended.exit_code, ended.output.count("\n")) == (1, 1)
    assert ended.output.startswith("Error: The disk of this workbench is full.")
    assert [path.name for path in file.parent.iterdir()] == [file.name]

    def fill_disk_too(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(restore, "_require_empty", lambda: None)
    monkeypatch.setattr(restore, "_put_in_place", fill_disk_too)
    ended = runner.invoke(args=["restore", str(file)])
    assert (ended.exit_code, ended.output.count("\n")) == (1, 1)
    assert ended.output.startswith("Error: The disk of this workbench is full.")

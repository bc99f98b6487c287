"""An archive by the shell, by the API, and what the pages show of what it brought."""

import io
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Import, Photo, Run
from db.storage import blobs
from labeller.exports import make, requests
from labeller.imports import work
from labeller.people import credentials, people
from tests.clients import get_page, sign_in
from tests.labeller.archive.contents import contents
from tests.labeller.archive.workbenches import fill, move_house

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("db", ["sqlite"], indirect=True)]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_by_the_shell(
    app: Flask,
    db: Session,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    fill(db)
    before, out = contents(db), tmp_path_factory.mktemp("place") / name
    runner = app.test_cli_runner()
    written = runner.invoke(args=["export", str(out), "--format", "archive", "--names"])
    assert written.exit_code == 0, written.output
    assert "5 photos, 3 faces (2 mask, 1 nomask), 2 proposed boxes, 1 rejected" in written.output
    assert "cannot carry: trained models" in written.output
    part = runner.invoke(args=["export", f"{out}2", "--format", "archive", "--filter", "label=mask"])
    assert (part.exit_code, "of the whole workbench" in part.output) == (1, True), part.output
    move_house(db, monkeypatch)
    tried = runner.invoke(args=["import", str(out), "--dry-run"])
    assert "5 photos could be imported" in tried.output, tried.output
    assert db.scalars(select(Photo)).all() == []
    read = runner.invoke(args=["import", str(out)])
    assert "Format: Second Look archive." in read.output
    assert "5 new photos, 0 known already, 6 faces taken" in read.output
    after = contents(db)
    assert all(after[part] == was for part, was in before.items() if part != "people")


def test_by_the_api_and_on_the_pages(
    app: Flask, db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db)
    token, _ = credentials.issue_token(db, "owner", "Program")
    db.commit()
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    asked = client.post("/api/v1/exports", json={"format": "archive"}, headers=headers)
    assert asked.status_code == 202, asked.text
    make.make(db, asked.json["id"], 0, "transfers@here", lambda stored, boxes: [])
    export = requests.get(db, asked.json["id"])
    assert (export.status, export.error) == ("done", None)
    archive = blobs().get(str(export.file))
    move_house(db, monkeypatch)
    owner = people.owner(db)
    token, _ = credentials.issue_token(db, "owner", "Program")
    db.commit()
    sent = client.post(
        "/api/v1/imports",
        data={"file": (io.BytesIO(archive), "all.zip"), "format": "archive"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert sent.status_code == 202, sent.text
    work.import_dataset(db, sent.json["id"], 0, "transfers@here")
    row = db.get_one(Import, sent.json["id"], populate_existing=True)
    assert (row.status, row.error, row.counts["new"]) == ("done", None, 5)
    run = db.scalars(select(Run)).one()
    client = sign_in(app, owner)
    for page in ("/", "/runs", f"/runs/{run.id}", "/people", "/gallery", "/classes", "/export", "/review"):
        assert get_page(client, page)
    assert "what it learned stayed where it was trained" in get_page(client, f"/runs/{run.id}")
    assert "Make this model live" not in get_page(client, f"/runs/{run.id}")
    photo = db.scalars(select(Photo).order_by(Photo.id)).first()
    assert photo is not None
    assert get_page(client, f"/photos/{photo.id}")

"""An import of an archive that is killed at any step goes on, takes nothing twice and loses nothing."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from db.models import Import
from labeller.imports import requests
from labeller.people import people
from tests import killed
from tests.environment import PROVE
from tests.killed import Victims, choose_steps
from tests.labeller.archive.contents import contents
from tests.labeller.archive.workbenches import fill, move_house, write
from tests.labeller.imports.archive_files import make_zip

MOST = 16 if PROVE else 4


@pytest.fixture
def victims() -> Iterator[Victims]:
    with killed.victims("tests.labeller.imports.killed") as started:
        yield started


def begin(db: Session, archive: bytes) -> Import:
    upload = requests.Upload("archive.zip", len(archive), io.BytesIO(archive))
    row = requests.request(db, people.owner(db), upload, requests.Wishes(None, None, {}))
    db.commit()
    return row


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_worker_that_is_killed_at_any_step(
    db: Session, victims: Victims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db)
    folder = write(db, tmp_path / "a")
    files = {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    archive = make_zip(tmp_path / "a.zip", files).read_bytes()
    before = contents(db)
    move_house(db, monkeypatch)
    begin(db, archive)
    steps = victims.run("import_newest")
    for at in choose_steps(steps, 18, MOST):
        move_house(db, monkeypatch)
        row = begin(db, archive)
        assert victims.run("import_newest", at=at) == -1
        assert victims.run("import_newest") > 0
        row = requests.get(db, row.id)
        assert (row.status, row.counts["new"], row.counts.get("known", 0)) == ("done", 5, 0), at
        after = contents(db)
        assert all(after[part] == was for part, was in before.items() if part != "people"), at

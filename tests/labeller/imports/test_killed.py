"""An import that is killed at any step goes on, takes nothing twice and leaves nothing behind."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db import blob_hold
from db.models import Answer, Face, Import, Photo
from db.storage import blobs
from labeller.imports import requests, tidy
from labeller.people import people
from tests import killed
from tests.environment import PROVE
from tests.killed import Victims, choose_steps
from tests.labeller.imports.archive_files import make_zip
from tests.labeller.imports.coco_files import write_coco
from tests.workbench_process import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.parametrize("db", ["sqlite"], indirect=True),
]
PHOTOS, FACES = 12, 3
MOST = 16 if PROVE else 4


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_coco(tmp_path_factory.mktemp("place") / "set", PHOTOS, FACES)


@pytest.fixture
def victims() -> Iterator[Victims]:
    with killed.victims("tests.labeller.imports.killed") as started:
        yield started


def counts(db: Session) -> tuple[int, ...]:
    db.rollback()
    return tuple(db.scalar(select(func.count()).select_from(one)) or 0 for one in (Photo, Face, Answer))


def require_all_once(db: Session) -> None:
    assert counts(db) == (PHOTOS, PHOTOS * FACES, PHOTOS * FACES)
    blob_hold.delete_doomed(db)
    keys = {key for key, _ in blobs().list_keys()}
    assert keys == {key for row in db.execute(select(Photo.blob, Photo.view_blob)) for key in row}


def begin(db: Session, folder: Path) -> Import:
    files = {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    archive = make_zip(folder.parent / "set.zip", files).read_bytes()
    upload = requests.Upload("set.zip", len(archive), io.BytesIO(archive))
    row = requests.request(db, people.owner(db), upload, requests.Wishes(None, None, {}))
    db.commit()
    return row


def test_a_worker_that_is_killed_at_any_step(db: Session, data: Path, folder: Path, victims: Victims) -> None:
    row = begin(db, folder)
    steps = victims.run("import_newest")
    assert steps > 10 * PHOTOS
    require_all_once(db)
    for at in choose_steps(steps, 18, MOST):
        for table in (Answer, Face, Photo, Import):
            db.execute(table.__table__.delete())  # type: ignore[attr-defined]
        db.commit()
        row = begin(db, folder)
        assert victims.run("import_newest", at=at) == -1
        assert victims.run("import_newest") > 0
        row = requests.get(db, row.id)
        assert (row.status, row.counts) == ("done", {"new": PHOTOS, "faces": PHOTOS * FACES}), at
        require_all_once(db)
        db.execute(update(Import).values(stored=None))
        tidy.tidy(db)
        assert not list((data / "unpacked").iterdir())


def test_a_command_that_is_killed_goes_on_when_it_is_given_again(
    db: Session, data: Path, folder: Path
) -> None:
    command = [sys.executable, "-m", "flask", "import", str(folder)]
    env = os.environ | {"DATA": str(data), "FLASK_APP": "web:create_app"}
    for wanted in (1, PHOTOS // 2):
        with subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            while counts(db)[0] < wanted and run.poll() is None:
                time.sleep(0.01)
            run.kill()
    assert counts(db)[0] < PHOTOS, "killed in the middle"
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert f"{PHOTOS} " not in done.stdout.partition(" new photos")[0]
    require_all_once(db)

"""Damaged archives that a worker imports: what comes in, and that nothing is left behind."""

import hashlib
import io
import json
import random
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.models import Answer, DatasetVersion, Face, Person, Photo, Run
from db.settings import settings
from db.storage import blobs
from labeller.exports.zip_file import zipped
from labeller.formats.protocol import Entry
from labeller.imports import requests, work
from labeller.people import people
from tests.labeller.archive.small import PICTURE, change, flipped, list_sums, make, picture, rows


def as_zip(folder: Path) -> bytes:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return b"".join(zipped(Entry(name, (folder / name).read_bytes()) for name in names))


def do(db: Session, data: bytes) -> tuple[str, str | None]:
    """How an import of these bytes by a worker ends."""
    owner = people.owner(db)
    upload = requests.Upload("archive.zip", len(data), iter([data]))
    row = requests.request(db, owner, upload, requests.Wishes(None, None, {}))
    db.commit()
    work.import_dataset(db, row.id, row.attempt, "transfers@here")
    row = requests.get(db, row.id)
    return row.status, row.error


def written(db: Session) -> list[int]:
    tables = (Photo, Face, Answer, Run, Person)
    return [db.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


def left() -> list[Any]:
    unpacked = settings().data / "unpacked"
    keys = [*(key for key, _ in blobs().list_keys()), *blobs().list_named("import/")]
    return [*keys, *(unpacked.iterdir() if unpacked.exists() else ())]


@pytest.mark.slow
def test_a_damaged_one_leaves_nothing_behind(db: Session, tmp_path: Path) -> None:
    change("rows/answer.jsonl", flipped)(make(tmp_path / "a"))
    status, error = do(db, as_zip(tmp_path / "a"))
    assert (status, written(db), left()) == ("failed", [0, 0, 0, 0, 1], [])
    assert error is not None
    assert "rows/answer.jsonl is damaged" in error


@pytest.mark.slow
def test_a_whole_one_comes_in_by_a_worker(db: Session, tmp_path: Path) -> None:
    assert do(db, as_zip(make(tmp_path / "a"))) == ("done", None)
    assert written(db) == [1, 1, 2, 1, 2]
    assert db.scalars(select(Person.name).order_by(Person.id)).all() == ["Owner", "person-3"]


@pytest.mark.slow
def test_a_picture_that_is_none_is_left_out_and_named(db: Session, tmp_path: Path) -> None:
    make(tmp_path / "a")
    content = rows()
    no_picture = b"<html>"
    digest = hashlib.sha256(no_picture).hexdigest()
    content["photo"][0]["blob"] = digest
    folder = make(tmp_path / "b", content)
    (folder / f"photos/{digest}.jpg").write_bytes(no_picture)
    list_sums(folder)
    assert do(db, as_zip(folder)) == ("done", None)
    assert written(db)[:3] == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.full_size
def test_300_damages_of_a_zip(db: Session, tmp_path: Path) -> None:
    whole = as_zip(make(tmp_path / "a"))
    rng = random.Random(5)
    ends = []
    for number in range(300):
        at = rng.randrange(len(whole))
        bad = (
            whole[:at]
            if number % 2
            else whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :]
        )
        ends.append(do(db, bad))
        if ends[-1][0] == "done":  # a time or a comment of the zip: nobody would miss it
            break_up(db)
        assert written(db) == [0, 0, 0, 0, 1], at
        assert left() == []
    assert sum(status == "failed" for status, _ in ends) > 250
    assert all("Something unexpected" not in (error or "") for _, error in ends)


def break_up(db: Session) -> None:
    """Take out what a harmless damage has let in."""
    for photo in db.scalars(select(Photo)).all():
        db.delete(photo)
    db.execute(delete(Run))
    db.execute(delete(DatasetVersion))
    db.execute(delete(Person).where(Person.role == "friend"))
    db.commit()
    for key, _ in list(blobs().list_keys()):
        blobs().delete(key)


def test_pictures_and_zip_are_what_this_file_takes_them_for(tmp_path: Path) -> None:
    with ZipFile(io.BytesIO(as_zip(make(tmp_path)))) as archive:
        assert archive.read(PICTURE) == picture()
        assert archive.getinfo("archive.json").compress_type == ZIP_DEFLATED
        assert json.loads(archive.read("archive.json"))["rows"]["photo"] == 1

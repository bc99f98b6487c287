"""An import in a worker: followed, stopped, killed anywhere, and forgotten with whom it names."""

import io
from pathlib import Path
from typing import Any

import pytest
from obstore.exceptions import GenericError
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db import jobs
from db.base import now
from db.errors import Conflict
from db.models import Answer, Event, Face, Import, ImportLine, ImportPhoto, Person, Photo
from db.storage import blobs
from labeller.erasure.mark import mark_person
from labeller.errors import BadAnswer, BadDataset, ImportTooLarge
from labeller.imports import requests, tidy, work
from labeller.imports.take import Importer
from labeller.people import people
from tests.labeller.imports.archive_files import make_zip
from tests.labeller.imports.tiny_format import NAME, face, picture, write

PHOTOS: list[dict[str, Any]] = [
    {"name": f"{n}.jpg", "faces": [face([10, 10, 40, 50], "mask")]} for n in range(3)
]
WORKER = "transfers@here"


def request(db: Session, path: Path, person: Person | None = None, **options: Any) -> Import:
    owner = people.owner(db)
    upload = requests.Upload(path.name, path.stat().st_size, io.BytesIO(path.read_bytes()))
    row = requests.request(db, owner, upload, requests.Wishes(None, person, options))
    db.commit()
    return row


def archive(tmp_path: Path, photos: list[dict[str, Any]] | None = None) -> Path:
    folder = write(tmp_path / "in", [dict(one) for one in photos or PHOTOS])
    return make_zip(tmp_path / "set.zip", {one.name: one.read_bytes() for one in sorted(folder.iterdir())})


def do(db: Session, row: Import) -> Import:
    work.import_dataset(db, row.id, row.attempt, WORKER)
    return requests.get(db, row.id)


def stored(db: Session) -> list[str]:
    return list(blobs().list_named("import/"))


def counts(db: Session) -> tuple[int, ...]:
    return tuple(db.scalar(select(func.count()).select_from(one)) or 0 for one in (Photo, Face, Answer))


def test_an_archive_is_imported_and_deleted(db: Session, tmp_path: Path) -> None:
    row = request(
        db,
        archive(tmp_path, [*PHOTOS, {"name": "gone.jpg"}, {"name": "3.jpg", "faces": [face([1, 1, 2, 2])]}]),
    )
    assert (row.status, len(stored(db))) == ("queued", 1)
    do(db, row)
    assert (row.status, row.error, row.progress, row.format) == ("done", None, 1.0, NAME)
    assert row.counts == {"new": 5, "faces": 3, "skipped": 1, "note": 1}
    (line,) = requests.lines(db, row, "skipped")
    assert (line.file, line.place) == ("3.jpg", "labels.json face 1")
    assert stored(db) == []
    assert not list((tmp_path / "unpacked").glob("*"))
    kinds = db.scalars(select(Event.kind).where(Event.kind.startswith("import_")).order_by(Event.id)).all()
    assert kinds == ["import_requested", "import_done"]


@pytest.mark.parametrize("photos", [[{"name": "a.jpg", "faces": [face([1, 1, 9, 9], "hat")]}], []])
def test_what_cannot_be_used_fails_in_words_and_leaves_nothing(
    db: Session, tmp_path: Path, photos: list[dict[str, Any]]
) -> None:
    folder = write(tmp_path / "in", photos)
    path = make_zip(tmp_path / "set.zip", {one.name: one.read_bytes() for one in folder.iterdir()})
    row = do(db, request(db, path))
    assert row.status == "failed"
    assert ("hat (1)" if photos else "no photos") in str(row.error)
    assert counts(db) == (0, 0, 0)
    assert stored(db) == []


def test_what_is_no_archive_is_named_as_it_was_sent(db: Session, tmp_path: Path) -> None:
    (tmp_path / "my pictures.zip").write_bytes(b"PK\3\4 and nothing")
    row = do(db, request(db, tmp_path / "my pictures.zip"))
    assert (row.status, row.error) == ("failed", "my pictures.zip ends in the middle. Make or send it again.")


@pytest.mark.parametrize("end", [KeyboardInterrupt, GenericError])
def test_an_import_whose_worker_or_store_goes_away_goes_on_behind_its_last_photo(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    row = request(db, archive(tmp_path))
    take, taken = Importer.take, []

    def killed_at_the_second(self: Importer, record: Any) -> Photo | None:
        taken.append(record.name)
        photo = take(self, record)
        if len(taken) == 2:
            raise end
        return photo

    monkeypatch.setattr(Importer, "take", killed_at_the_second)
    with pytest.raises(end):
        do(db, row)
    db.rollback()
    assert (requests.get(db, row.id).position, row.status) == (1, "running")
    assert len(stored(db)) == 1
    jobs.release(db, WORKER)
    do(db, requests.get(db, row.id))
    assert taken == ["0.jpg", "1.jpg", "1.jpg", "2.jpg"]
    assert (row.status, row.counts) == ("done", {"new": 3, "faces": 3})
    assert counts(db) == (3, 3, 3)


def test_a_stopped_import_keeps_what_came_in_and_nothing_more(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, take = request(db, archive(tmp_path)), Importer.take

    def stop_at_the_second(self: Importer, record: Any) -> Photo | None:
        if record.name == "1.jpg":
            requests.cancel(db, row, people.owner(db))
            db.commit()
        return take(self, record)

    monkeypatch.setattr(Importer, "take", stop_at_the_second)
    do(db, row)
    assert (row.status, counts(db)) == ("cancelled", (1, 1, 1))
    assert stored(db) == []
    keys = {key for key, _ in blobs().list_keys()}
    assert keys == set(db.execute(select(Photo.blob, Photo.view_blob)).one()), (
        "of the second photo nothing is left"
    )
    with pytest.raises(Conflict):
        requests.cancel(db, row, people.owner(db))


def test_a_wish_that_cannot_be_met_is_refused_before_anything_is_stored(db: Session, tmp_path: Path) -> None:
    path = archive(tmp_path)
    with pytest.raises(BadAnswer):
        request(db, path, mapping={"x": "hat"})
    upload = requests.Upload("a.zip", 1, io.BytesIO(b"a"))
    with pytest.raises(BadDataset):
        requests.request(db, people.owner(db), upload, requests.Wishes("exe", None, {}))
    upload = requests.Upload("a.zip", 1 << 50, io.BytesIO(b"a"))
    with pytest.raises(ImportTooLarge):
        requests.request(db, people.owner(db), upload, requests.Wishes(None, None, {}))
    assert stored(db) == []


def test_a_report_keeps_its_first_lines_and_counts_all(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "KEPT_LINES", 2)
    faces = [face([n, 1, 2, 2]) for n in range(1, 6)]
    row = do(db, request(db, archive(tmp_path, [{"name": "a.jpg", "faces": faces}])))
    assert row.counts["skipped"] == 5
    assert len(requests.lines(db, row, "skipped")) == 2


def test_what_is_left_is_tidied(db: Session, tmp_path: Path) -> None:
    row = request(db, archive(tmp_path))
    db.execute(update(Import).values(status="failed", finished_at=now() - tidy.REPORTS_KEPT))
    db.commit()
    tidy.tidy(db)
    assert stored(db) == []
    assert db.scalar(select(func.count()).select_from(Import)) == 0, row.id


def test_a_deleted_person_is_in_no_report(db: Session, tmp_path: Path, ada: Person) -> None:
    photos = [{"name": "0.jpg", "person": "Ada"}, {"name": "1.jpg", "faces": [face([1, 1, 2, 2])]}]
    mine = do(db, request(db, archive(tmp_path, photos)))
    named = {"name": "ada lovelace.jpg", "faces": [face([1, 1, 2, 2])]}
    (tmp_path / "in/ada lovelace.jpg").write_bytes(picture(7))
    others = do(db, request(db, archive(tmp_path, [named])))
    assert [len(requests.lines(db, one, "skipped")) for one in (mine, others)] == [1, 1]
    mark_person(db, ada, people.owner(db))
    db.commit()
    assert db.scalars(select(ImportLine)).all() == []
    assert requests.get(db, mine.id).file_name == "…"
    assert requests.get(db, others.id).file_name == "set.zip"


def test_an_import_that_goes_on_ends_with_its_person(db: Session, tmp_path: Path, ada: Person) -> None:
    row = request(db, archive(tmp_path), ada)
    mark_person(db, ada, people.owner(db))
    db.commit()
    do(db, row)
    assert (requests.get(db, row.id).status, counts(db)) == ("cancelled", (0, 0, 0))
    tidy.tidy(db)
    assert stored(db) == []


def test_lines_go_with_their_photo(db: Session, tmp_path: Path) -> None:
    row = do(db, request(db, archive(tmp_path, [{"name": "a.jpg", "faces": [face([1, 1, 2, 2])]}])))
    db.delete(db.scalars(select(Photo)).one())
    db.commit()
    assert requests.lines(db, row, "skipped") == []
    assert db.scalars(select(ImportPhoto)).all() == []

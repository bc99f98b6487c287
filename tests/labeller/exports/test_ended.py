"""An export that is stopped, expired, deleted, or whose photos or people are."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from db.base import now
from db.errors import Conflict, NotFound
from db.models import Export, Person, Photo
from db.storage import blobs
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person, mark_photos
from labeller.exports import make as making
from labeller.exports import requests
from labeller.people import people
from tests.labeller.exports.making import make, opened, request, stored
from tests.labeller.exports.test_contents import add_photo
from tests.tiny_format import records


def test_an_export_that_was_stopped_leaves_nothing(db: Session, owner: Person) -> None:
    add_photo(db)
    waiting = request(db, owner)
    requests.cancel(db, waiting, owner)
    db.commit()
    assert make(db, waiting).status == "cancelled"
    assert stored() == []
    with pytest.raises(Conflict):
        requests.cancel(db, waiting, owner)


def test_one_that_is_stopped_while_it_is_made_leaves_nothing(
    db: Session, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photo(db)
    add_photo(db)
    export = request(db, owner)
    monkeypatch.setattr(making, "WRITE_SECONDS", 0.0)
    stop_at_the_first_file(db, export, owner, monkeypatch)
    assert make(db, export).status == "cancelled"
    assert stored() == []


def stop_at_the_first_file(
    db: Session, export: Export, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = making.Contents.entries

    def entries(self, on_share):  # type: ignore[no-untyped-def]
        for entry in real(self, on_share):
            db.execute(update(Export).values(status="cancelled"))
            db.commit()
            yield entry

    monkeypatch.setattr(making.Contents, "entries", entries)


def test_deleting_a_photo_ends_the_exports_that_hold_it(db: Session, owner: Person) -> None:
    first, second = add_photo(db), add_photo(db)
    both = make(db, request(db, owner))
    db.execute(
        update(Photo).where(Photo.id == first.id).values(person_id=people.new_person(db, "A", "friend").id)
    )
    db.commit()
    one = make(db, request(db, owner, source={"filter": {"person": "A"}}))
    mark_photos(db, Photo.id == second.id, owner, undo_seconds=30)
    db.commit()
    both, one = requests.get(db, both.id), requests.get(db, one.id)
    assert (both.file, both.gone, both.photo_ids) == (None, "erased", None)
    assert one.file is not None
    finish_pending(db)
    assert stored() == [one.file]
    with pytest.raises(NotFound, match="no file"):
        requests.file_of(both)


def test_deleting_a_person_ends_exports_that_name_people(db: Session, owner: Person) -> None:
    ada = people.new_person(db, "Ada", "friend")
    add_photo(db)
    named, plain = make(db, request(db, owner, names=True)), make(db, request(db, owner))
    mark_person(db, ada, owner)
    db.commit()
    assert requests.get(db, named.id).gone == "erased"
    assert requests.get(db, plain.id).file is not None
    finish_pending(db)
    assert stored() == [plain.file]


def test_who_asked_for_an_export_may_be_deleted(db: Session, owner: Person) -> None:
    other = people.new_person(db, "Eve", "owner")
    add_photo(db)
    export = make(db, request(db, other))
    mark_person(db, other, owner)
    db.commit()
    finish_pending(db)
    assert requests.get(db, export.id).requested_by is None


def test_a_photo_deleted_while_the_export_is_made_is_not_in_it(
    db: Session, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = add_photo(db), add_photo(db)
    real = making.Contents.entries

    def entries(self, on_share):  # type: ignore[no-untyped-def]
        for entry in real(self, on_share):
            yield entry
            mark_photos(db, Photo.id == first.id, owner)
            db.commit()

    monkeypatch.setattr(making.Contents, "entries", entries)
    export = make(db, request(db, owner))
    assert export.report["photos"] == 1
    assert list(records(opened(export).read("records.json"))) == ["photo-2.jpg"]
    assert stored() == [export.file]


def test_a_file_goes_when_its_export_is_deleted_or_has_expired(db: Session, owner: Person) -> None:
    add_photo(db)
    deleted, expired, kept = (make(db, request(db, owner)) for _ in range(3))
    requests.delete(db, deleted, owner)
    late = update(Export).where(Export.id == expired.id)
    db.execute(late.values(expires_at=now() - timedelta(seconds=1)))
    db.commit()
    blobs().put_named(f"{requests.FOLDER}/77/1-0.zip", b"of a worker that was killed")
    requests.end_expired(db)
    finish_pending(db)
    assert stored() == [kept.file]
    assert requests.get(db, expired.id).gone == "expired"
    with pytest.raises(NotFound):
        requests.get(db, deleted.id)
    assert [export.id for export in requests.recent(db, before=kept.id, limit=1)] == [expired.id]

"""An export from the request to its end: made, stopped, killed, expired, erased."""

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import disk, jobs
from db.base import now
from db.errors import Conflict, NoSpace, NotFound
from db.models import Event, Export, Person, Photo, WebhookDelivery
from db.storage import blobs
from db.webhooks import hooks
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person, mark_photos
from labeller.errors import BadDataset, BadExport
from labeller.exports import make as making
from labeller.exports import requests
from labeller.people import people
from tests.labeller.exports.test_contents import add_photo
from tests.tiny_format import records

ORDER = {"format": "tiny", "source": {}, "crops": False, "names": False}


@pytest.fixture
def owner(db: Session) -> Person:
    owner = people.owner(db)
    db.commit()
    return owner


def request(db: Session, owner: Person, **changes: object) -> Export:
    export = requests.request(db, ORDER | changes, owner)
    db.commit()
    return export


def make(db: Session, export: Export, attempt: int = 0) -> Export:
    making.make(db, export.id, attempt, "transfers@here", lambda stored, boxes: [stored for _ in boxes])
    return requests.get(db, export.id)


def stored() -> list[str]:
    return sorted(blobs().list_named(requests.FOLDER))


def opened(export: Export) -> ZipFile:
    return ZipFile(io.BytesIO(blobs().get(str(export.file))))


def test_webhooks_are_told_how_an_export_ended(db: Session, owner: Person) -> None:
    hooks.add(db, hooks.Wish("https://hooks.example/", ["export.done"]), owner)
    add_photo(db, "a.jpg")
    made, stopped = make(db, request(db, owner)), request(db, owner)
    requests.cancel(db, stopped, owner)
    told = db.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    assert [json.loads(one.body)["data"] for one in told] == [
        {"export_id": made.id, "status": "done"},
        {"export_id": stopped.id, "status": "cancelled"},
    ]


def test_a_finished_export_has_a_file_a_report_and_an_end(db: Session, owner: Person) -> None:
    photo = add_photo(db, "a.jpg")
    export = make(db, request(db, owner))
    assert (export.status, export.progress, export.error) == ("done", 1.0, None)
    assert opened(export).namelist() == ["pictures/a.jpg", "records.json"]
    assert export.size == blobs().size(str(export.file))
    assert (export.report["photos"], export.report["cannot_carry"]) == (1, ["answers"])
    assert export.expires_at is not None
    assert timedelta(days=6) < export.expires_at - now() < timedelta(days=8)
    assert requests.file_of(export) == export.file
    requests.note_download(db, export, owner)
    db.commit()
    kinds = db.scalars(select(Event.kind).where(Event.kind.like("export%")).order_by(Event.id)).all()
    assert kinds == ["export_requested", "export_made", "export_downloaded"]
    assert photo.id


def test_crops_are_cut_by_what_the_worker_brings(db: Session, owner: Person) -> None:
    add_photo(db, "a.jpg", faces=2)
    export = make(db, request(db, owner, crops=True))
    assert opened(export).namelist() == ["crops/a-1.png", "crops/a-2.png", "records.json"]


def test_what_cannot_be_made_is_refused_at_once(db: Session, owner: Person) -> None:
    with pytest.raises(BadExport, match="no photos"):
        request(db, owner)
    add_photo(db)
    with pytest.raises(BadDataset, match="no format"):
        request(db, owner, format="papyrus")
    with pytest.raises(NotFound):
        request(db, owner, source={"filter": {"person": "Nobody"}})
    for _ in range(requests.MOST_OPEN):
        request(db, owner)
    with pytest.raises(Conflict):
        request(db, owner)


def test_a_filter_is_kept_without_names_of_people(db: Session, owner: Person) -> None:
    ada = people.new_person(db, "Ada", "friend")
    add_photo(db).person_id = ada.id
    db.commit()
    export = request(db, owner, source={"filter": {"person": "Ada", "state": None}})
    assert export.source == {"filter": {"person": ada.id}}
    assert make(db, export).report["photos"] == 1


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


def test_a_worker_that_was_killed_is_replaced_and_its_file_is_deleted(db: Session, owner: Person) -> None:
    add_photo(db)
    export = request(db, owner)
    killed = jobs.claim(db, Export, export.id, 0, jobs.Holder("killed@here", 30))
    assert killed is not None
    blobs().put_named(f"{requests.FOLDER}/{export.id}/1-0.zip", b"whole, and not committed")
    make(db, export)  # sent twice: somebody works on it
    assert stored() == [f"{requests.FOLDER}/{export.id}/1-0.zip"]
    db.execute(update(Export).values(lease_until=now() - timedelta(seconds=1)))
    db.commit()
    jobs.sweep(db)
    export = make(db, export, attempt=1)
    assert (export.status, stored()) == ("done", [export.file])
    with pytest.raises(jobs.LostLease):
        jobs.write(db, killed, 0, status="failed")
    make(db, export, attempt=1)
    make(db, export, attempt=2)
    assert stored() == [export.file]


def test_a_full_disk_and_an_error_are_said_in_words(
    db: Session, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photo(db)
    for error, words in ((disk.no_space("x"), "disk"), (RuntimeError("boom"), "RuntimeError: boom")):

        def fail(self, on_share, error=error):  # type: ignore[no-untyped-def]
            raise error
            yield

        monkeypatch.setattr(making.Contents, "entries", fail)
        export = make(db, request(db, owner))
        assert (export.status, words in str(export.error)) == ("failed", True)
    assert isinstance(disk.no_space("x"), NoSpace)
    assert stored() == []


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

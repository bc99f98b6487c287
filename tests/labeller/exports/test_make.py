"""An export from the request to its file: made, refused, made again after a kill."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import disk, jobs
from db.base import now
from db.errors import Conflict, NoSpace, NotFound
from db.models import Event, Export, Person, WebhookDelivery
from db.storage import blobs
from db.webhooks import hooks
from labeller.errors import BadDataset, BadExport
from labeller.exports import make as making
from labeller.exports import requests
from labeller.people import people
from tests.labeller.exports.making import make, opened, request, stored
from tests.labeller.exports.test_contents import add_photo


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

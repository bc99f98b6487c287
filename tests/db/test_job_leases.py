"""Jobs are claimed by id and attempt, held by a lease, and queued again when the lease has ended."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from db import jobs
from db.base import now
from db.models import Photo, Worker
from tests.factories import add_faces

LEASE = 3600.0
pytestmark = pytest.mark.usefixtures("sent")


@pytest.fixture
def photos(db: Session) -> list[Photo]:
    queued = [db.get_one(Photo, add_faces(db, 1)[0].photo_id) for _ in range(3)]
    for photo in queued:
        photo.status = "queued"
    db.commit()
    return queued


def statuses(db: Session, photos: list[Photo]) -> list[str]:
    for photo in photos:
        db.refresh(photo)
    return [photo.status for photo in photos]


def test_a_claim_takes_its_job_and_no_other(db: Session, photos: list[Photo]) -> None:
    assert jobs.claim(db, Photo, photos[1].id, 0, jobs.Holder("detect@here", LEASE))
    assert statuses(db, photos) == ["queued", "running", "queued"]


def test_a_message_of_an_earlier_attempt_claims_nothing(db: Session, photos: list[Photo]) -> None:
    photos[0].attempt = 1
    db.commit()
    assert not jobs.claim(db, Photo, photos[0].id, 0, jobs.Holder("detect@here", LEASE))
    assert jobs.claim(db, Photo, photos[0].id, 1, jobs.Holder("detect@here", LEASE))


def test_a_claim_and_each_write_renew_the_lease(db: Session, photos: list[Photo]) -> None:
    claim = jobs.claim(db, Photo, photos[0].id, 0, jobs.Holder("detect@here", LEASE))
    assert claim is not None
    job = db.get_one(Photo, photos[0].id, populate_existing=True)
    assert job.lease_until is not None
    assert now() < job.lease_until <= now() + timedelta(seconds=LEASE)
    jobs.write(db, claim, 2 * LEASE)
    db.commit()
    db.refresh(job)
    assert job.lease_until > now() + timedelta(seconds=1.5 * LEASE)
    jobs.sweep(db)
    assert statuses(db, photos)[0] == "running", "its lease has not ended"


def test_the_error_of_a_lost_lease_names_the_job(db: Session, photos: list[Photo]) -> None:
    with pytest.raises(jobs.LostLease, match=f"photo {photos[0].id}"):
        jobs.write(db, jobs.Claim(Photo, photos[0].id, 1, "detect@here"), LEASE, status="ready")


@pytest.mark.parametrize("status", ["ready", "failed"])
def test_a_finished_job_is_neither_queued_nor_sent_again(
    db: Session, photos: list[Photo], status: str, sent: list[tuple[str, tuple[object, ...]]]
) -> None:
    past = now() - jobs.RESEND_AFTER - timedelta(seconds=1)
    values = {"status": status, "owner": "detect@here", "lease_until": past, "sent_at": past}
    db.execute(update(Photo).values(**values))
    db.commit()
    jobs.release(db, "detect@here")
    jobs.sweep(db)
    assert statuses(db, photos) == [status] * 3
    assert sent == []


def test_a_sweep_sends_nothing_while_messages_wait_in_the_queue_of_the_task(
    db: Session,
    photos: list[Photo],
    sent: list[tuple[str, tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "waiting_messages", {"detect": 1, "train": 0}.__getitem__)
    jobs.sweep(db)
    assert sent == []
    monkeypatch.setattr(jobs, "waiting_messages", {"detect": 0, "train": 1}.__getitem__)
    jobs.sweep(db)
    assert sent == [("labeller.propose_faces", (photo.id, 0)) for photo in photos], "the oldest first"


def test_a_sweep_sends_a_limited_number_of_jobs(
    db: Session,
    photos: list[Photo],
    sent: list[tuple[str, tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "SWEPT_AT_ONCE", 2)
    jobs.sweep(db)
    assert [args for _, args in sent] == [(photo.id, 0) for photo in photos[:2]]
    jobs.sweep(db)
    assert len(sent) == 3


def test_a_worker_without_a_recent_heartbeat_is_not_alive(db: Session) -> None:
    jobs.heartbeat(db, "detect@here", "detect")
    jobs.heartbeat(db, "train@here", "train")
    db.execute(update(Worker).values(seen_at=now() - 2 * jobs.ALIVE_WITHIN))
    db.commit()
    assert jobs.alive_kinds(db) == set()
    jobs.heartbeat(db, "train@here", "train")
    assert jobs.alive_kinds(db) == {"train"}


@pytest.mark.slow
@pytest.mark.usefixtures("store_away")
def test_no_job_fails_because_the_file_store_is_away(db: Session, photos: list[Photo]) -> None:
    for attempt in range(2 * jobs.MAX_ATTEMPTS):
        assert jobs.claim(db, Photo, photos[0].id, attempt, jobs.Holder("detect@here", LEASE))
        db.execute(update(Photo).values(lease_until=now() - timedelta(seconds=1)))
        db.commit()
        jobs.sweep(db)
        assert statuses(db, photos)[0] == "queued"

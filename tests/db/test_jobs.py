"""Jobs: claiming, fenced writes, releasing, sending again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from db import jobs, queue
from db.base import now
from db.models import Photo, Worker
from tests.factories import add_faces


@pytest.fixture
def photo(db: Session) -> Photo:
    photo = db.get_one(Photo, add_faces(db, 1)[0].photo_id)
    photo.status = "queued"
    db.commit()
    return photo


@pytest.fixture
def stopping() -> Iterator[None]:
    """This process has been asked to stop."""
    jobs.stopping.set()
    yield
    jobs.stopping.clear()


def claimed(db: Session, photo: Photo, attempt: int, lease: float = 30) -> jobs.Claim:
    claim = jobs.claim(db, Photo, photo.id, attempt, jobs.Holder("worker", lease))
    assert claim is not None
    return claim


def expire_leases(db: Session) -> None:
    db.execute(update(Photo).values(lease_until=now() - timedelta(seconds=1)))
    db.commit()


def test_nothing_is_sent_before_its_row_is_committed(
    db: Session, photo: Photo, sent: list[tuple[str, tuple[object, ...]]]
) -> None:
    jobs.submit(db, photo)
    assert sent == []
    db.rollback()
    db.commit()
    assert sent == [], "a rollback discards the message"
    jobs.submit(db, photo)
    db.commit()
    assert sent == [("labeller.propose_faces", (photo.id, 0))]


def test_a_job_is_claimed_once_and_an_outdated_message_does_nothing(db: Session, photo: Photo) -> None:
    assert jobs.claim(db, Photo, photo.id, 0, jobs.Holder("first", 30))
    assert not jobs.claim(db, Photo, photo.id, 0, jobs.Holder("second", 30))
    assert not jobs.claim(db, Photo, photo.id, 1, jobs.Holder("second", 30)), "it is running"


def test_a_message_of_an_earlier_attempt_claims_nothing(
    db: Session, photo: Photo, sent: list[tuple[str, tuple[object, ...]]]
) -> None:
    assert jobs.claim(db, Photo, photo.id, 0, jobs.Holder("first", 30))
    expire_leases(db)
    jobs.sweep(db)
    db.refresh(photo)
    assert (photo.status, photo.attempt) == ("queued", 1)
    assert not jobs.claim(db, Photo, photo.id, 0, jobs.Holder("second", 30)), (
        "its message was sent for attempt 0"
    )
    assert jobs.claim(db, Photo, photo.id, 1, jobs.Holder("second", 30))


def test_a_worker_that_lost_its_lease_cannot_write(
    db: Session, photo: Photo, sent: list[tuple[str, tuple[object, ...]]]
) -> None:
    slow = claimed(db, photo, 0)
    expire_leases(db)
    jobs.sweep(db)
    assert sent == [("labeller.propose_faces", (photo.id, 1))]
    quick = claimed(db, photo, 1)
    db.refresh(photo)  # what it holds was said by its claim, not by the row
    with pytest.raises(jobs.LostLease):
        jobs.write(db, slow, 30, status="failed")
    jobs.write(db, quick, 30, status="ready")
    db.commit()
    db.refresh(photo)
    assert (photo.status, photo.attempt) == ("ready", 2)


def test_a_worker_that_stops_leaves_its_job_to_another(
    db: Session, photo: Photo, sent: list[tuple[str, tuple[object, ...]]], stopping: None
) -> None:
    held = claimed(db, photo, 0)
    with pytest.raises(jobs.LostLease):
        jobs.write(db, held, 30)
    db.refresh(photo)
    assert (photo.status, photo.owner) == ("queued", None)
    assert sent == [("labeller.propose_faces", (photo.id, 1))]


def test_a_worker_that_stops_still_ends_its_job(db: Session, photo: Photo, stopping: None) -> None:
    jobs.write(db, claimed(db, photo, 0), 0, status="ready")
    db.commit()
    db.refresh(photo)
    assert photo.status == "ready"


def test_a_worker_that_stops_does_not_put_back_the_job_of_a_newer_attempt(
    db: Session, photo: Photo, stopping: None
) -> None:
    slow = claimed(db, photo, 0)
    expire_leases(db)
    jobs.sweep(db)
    claimed(db, photo, 1)
    with pytest.raises(jobs.LostLease):
        jobs.write(db, slow, 30)
    db.refresh(photo)
    assert (photo.status, photo.attempt) == ("running", 2)


@pytest.mark.usefixtures("sent")
def test_the_jobs_of_a_worker_without_heartbeat_do_not_wait_for_the_end_of_a_long_lease(
    db: Session, photo: Photo
) -> None:
    jobs.heartbeat(db, "worker", "detect")
    claimed(db, photo, 0, lease=600)
    jobs.sweep(db)
    db.refresh(photo)
    assert photo.status == "running"
    db.execute(update(Worker).values(seen_at=now() - jobs.GONE_AFTER - timedelta(seconds=1)))
    db.commit()
    jobs.sweep(db)
    db.refresh(photo)
    assert (photo.status, photo.attempt) == ("queued", 1)


def test_a_job_that_stops_three_workers_fails_with_an_explanation(db: Session, photo: Photo) -> None:
    for attempt in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(db, Photo, photo.id, attempt, jobs.Holder("worker", 30))
        expire_leases(db)
        jobs.sweep(db)
    db.refresh(photo)
    assert photo.status == "failed"
    assert "three times" in str(photo.error)


def test_a_job_that_is_tried_again_by_hand_has_three_more_attempts_of_its_own(
    db: Session, photo: Photo
) -> None:
    before = claimed(db, photo, 0)
    db.execute(update(Photo).values(status="failed", owner=None))
    db.commit()
    db.refresh(photo)
    jobs.start_over(db, photo)
    db.commit()
    first = photo.attempt
    assert claimed(db, photo, first).attempt > before.attempt
    with pytest.raises(jobs.LostLease):
        jobs.write(db, before, 30)
    for attempt in range(first + 1, first + jobs.MAX_ATTEMPTS):
        expire_leases(db)
        jobs.sweep(db)
        claimed(db, photo, attempt)
    expire_leases(db)
    jobs.sweep(db)
    db.refresh(photo)
    assert photo.status == "failed"


def test_a_restarted_worker_releases_its_jobs_at_once(db: Session, photo: Photo) -> None:
    jobs.claim(db, Photo, photo.id, 0, jobs.Holder("detect@here", 3600))
    jobs.release(db, "detect@elsewhere")
    db.refresh(photo)
    assert photo.status == "running"
    jobs.release(db, "detect@here")
    db.refresh(photo)
    assert (photo.status, photo.owner) == ("queued", None)


def test_the_sweep_sends_jobs_that_were_never_sent_or_whose_message_was_lost(
    db: Session, photo: Photo, sent: list[tuple[str, tuple[object, ...]]]
) -> None:
    jobs.sweep(db)
    assert len(sent) == 1
    jobs.sweep(db)
    assert len(sent) == 1, "it is on its way"
    db.execute(update(Photo).values(sent_at=now() - jobs.RESEND_AFTER - timedelta(seconds=1)))
    db.commit()
    jobs.sweep(db)
    assert len(sent) == 2


def test_sending_without_a_broker_does_not_raise(db: Session, photo: Photo, data: Path) -> None:
    assert queue.send("labeller.propose_faces", (photo.id, 0)) is False


def test_a_worker_with_a_recent_heartbeat_is_alive(db: Session) -> None:
    for _ in range(2):
        jobs.heartbeat(db, "detect@here", "detect")
    assert jobs.alive_kinds(db) == {"detect"}


def test_a_worker_that_cannot_work_is_not_alive(db: Session) -> None:
    jobs.heartbeat(db, "train@here", "train", problem="PermissionError: the cache")
    assert jobs.alive_kinds(db) == set()
    assert "train" in jobs.missing_workers(db)
    jobs.heartbeat(db, "train@here", "train")
    assert "train" not in jobs.missing_workers(db)

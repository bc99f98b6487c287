"""A clip from its file to photos, through the real child that decodes."""

import hashlib
import io
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import jobs
from db.base import now
from db.models import Clip, ClipPhoto, Person, Photo
from db.storage import blobs
from inference.clips.sample import LEASE_SECONDS, sample_clip
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person
from labeller.people import people
from labeller.uploads.clips import ClipFile, receive_clip
from tests.pictures import face

pytestmark = pytest.mark.slow


def drawn_clip(numbers: list[int], frames_each: int = 15) -> bytes:
    """An MP4 file of 15 frames a second: each face in turn, moving over a grey background."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 480, 360, "yuv420p"
        for number in numbers:
            head = face(number, False).resize((220, 220))
            for step in range(frames_each):
                picture = Image.new("RGB", (480, 360), (120, 130 + number % 40, 125))
                picture.paste(head, (20 + 10 * step, 60 + 3 * step))
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def receive(session: Session, content: bytes) -> Clip:
    ada = people.new_person(session, "Ada", "friend")
    file = ClipFile(hashlib.sha256(content).hexdigest(), len(content), lambda: iter([content]))
    clip = receive_clip(session, file, ada, ada).clip
    session.commit()
    return clip


def made_of(session: Session, clip: Clip) -> list[int]:
    made = select(ClipPhoto.photo_id).where(ClipPhoto.clip_id == clip.id)
    return list(session.scalars(made.order_by(ClipPhoto.photo_id)))


def test_everybody_is_in_one_photo_and_all_are_in_one_split(data: Path, db: Session) -> None:
    clip = receive(db, drawn_clip([3, 8, 21]))
    sample_clip(db, clip.id, 0, "clips@here")
    db.refresh(clip)
    photos = db.scalars(select(Photo).join(ClipPhoto, ClipPhoto.photo_id == Photo.id)).all()
    assert (clip.status, clip.error, clip.blob, clip.progress) == ("done", None, None, 1.0)
    assert len(photos) == 3
    assert len({photo.group_id for photo in photos}) == 1
    assert {photo.person_id for photo in photos} == {clip.person_id}
    assert {photo.repeat_id for photo in photos} == {None}
    assert not blobs().has(clip.sha256)


@pytest.mark.parametrize("content", [b"\0\0\0\x18ftypmp42 and then only text", drawn_clip([3])[:3000]])
def test_a_damaged_clip_fails_with_a_sentence_and_leaves_nothing(
    data: Path, db: Session, content: bytes
) -> None:
    clip = receive(db, content)
    sample_clip(db, clip.id, 0, "clips@here")
    db.refresh(clip)
    assert clip.status == "failed"
    assert "damaged" in str(clip.error)
    assert list(blobs().list_keys()) == []


def test_a_job_that_was_killed_or_sent_twice_makes_every_photo_once(data: Path, db: Session) -> None:
    clip = receive(db, drawn_clip([3, 8]))
    killed = jobs.claim(db, Clip, clip.id, 0, jobs.Holder("killed@here", LEASE_SECONDS))
    assert killed is not None
    sample_clip(db, clip.id, 0, "clips@here")  # sent twice: somebody works on it
    assert made_of(db, clip) == []
    db.execute(update(Clip).values(lease_until=now() - timedelta(seconds=1)))
    db.commit()
    jobs.sweep(db)
    sample_clip(db, clip.id, 1, "clips@here")
    made = made_of(db, clip)
    assert len(made) == 2
    with pytest.raises(jobs.LostLease):
        jobs.write(db, killed, 0, status="failed")
    sample_clip(db, clip.id, 1, "clips@here")
    sample_clip(db, clip.id, 2, "clips@here")
    db.refresh(clip)
    assert (clip.status, made_of(db, clip)) == ("done", made)


def test_of_somebody_erased_meanwhile_nothing_is_made(data: Path, db: Session) -> None:
    clip = receive(db, drawn_clip([3]))
    ada = db.get_one(Person, clip.person_id)
    clip_id = clip.id
    mark_person(db, ada, None)
    db.commit()
    sample_clip(db, clip_id, 0, "clips@here")
    finish_pending(db)
    db.expire_all()
    assert db.get(Clip, clip_id) is None
    assert db.scalars(select(Photo)).all() == []
    assert list(blobs().list_keys()) == []

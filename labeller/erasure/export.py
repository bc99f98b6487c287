"""Everything about one person as a zip file, built while it is sent."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from zipstream import ZipStream

from db.models import SHOWN, Answer, Clip, Comment, Event, Face, Person, Photo
from db.storage import blobs

Archive = Iterator[bytes]
KINDS = {b"\x89PNG": "png", b"RIFF": "webp"}


def export_person(session: Session, person: Person) -> Archive:
    """The bytes of a zip file: `about.json`, every photo as it is stored under `photos/`, and under `videos/`
    those that still wait to be searched for faces."""
    shown = select(Photo).where(Photo.person_id == person.id, SHOWN).order_by(Photo.id)
    photos = list(session.scalars(shown.options(selectinload(Photo.faces))))
    clips = list(session.scalars(select(Clip).where(Clip.person_id == person.id).order_by(Clip.id)))
    about = {
        "person": _person(person),
        "photos": [_photo(photo) for photo in photos],
        "videos": [_clip(clip) for clip in clips],
        "answers": _answers(session, person),
        "notes": _notes(session, person),
        "events": _events(session, person),
    }
    return _zipped(about, photos, [(clip.id, clip.blob) for clip in clips if clip.blob])


def _zipped(about: dict[str, Any], photos: list[Photo], clips: list[tuple[int, str]]) -> Archive:
    archive = ZipStream()  # without compression: photos are compressed already
    archive.add(json.dumps(about, indent=1, ensure_ascii=False), "about.json")
    yield from archive.all_files()
    for photo in photos:  # read one at a time, to keep only one in memory
        content = blobs().get(photo.blob)
        archive.add(content, f"photos/{photo.id}.{KINDS.get(content[:4], 'jpg')}")
        yield from archive.all_files()
    for id, key in clips:
        if blobs().has(key):  # else it was searched meanwhile
            archive.add(blobs().read_chunks(key), f"videos/{id}")
            yield from archive.all_files()
    yield from archive.finalize()


def _person(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "role": person.role,
        "since": person.created_at.isoformat(),
        "consented": person.consented_at.isoformat() if person.consented_at else None,
        "consent_version": person.consent_version,
    }


def _photo(photo: Photo) -> dict[str, Any]:
    return {
        "id": photo.id,
        "sent": photo.created_at.isoformat(),
        "sha256_as_sent": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "faces": [_face(face) for face in photo.faces],
    }


def _clip(clip: Clip) -> dict[str, Any]:
    return {"id": clip.id, "sent": clip.created_at.isoformat(), "sha256_as_sent": clip.sha256}


def _face(face: Face) -> dict[str, Any]:
    return {"box": face.box, "source": face.source, "state": face.state, "label": face.label}


def _answers(session: Session, person: Person) -> list[dict[str, Any]]:
    answers = select(Answer).where(Answer.person_id == person.id).order_by(Answer.id)
    return [
        {"face": one.face_id, "kind": one.kind, "label": one.label, "at": one.created_at.isoformat()}
        for one in session.scalars(answers)
    ]


def _notes(session: Session, person: Person) -> list[dict[str, Any]]:
    notes = select(Comment).where(Comment.person_id == person.id).order_by(Comment.id)
    return [
        {"face": one.face_id, "text": one.text, "at": one.created_at.isoformat()}
        for one in session.scalars(notes)
    ]


def _events(session: Session, person: Person) -> list[dict[str, Any]]:
    events = select(Event).where(Event.person_id == person.id).order_by(Event.id)
    return [{"kind": one.kind, "at": one.at.isoformat(), **one.detail} for one in session.scalars(events)]

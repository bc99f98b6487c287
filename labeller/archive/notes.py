"""Tags and notes on a photo of an archive and its faces: each is put on once."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Comment, Face, Photo, Tagging
from db.session import insert_missing
from labeller.archive import layout
from labeller.archive.found import Found
from labeller.archive.lines import Row
from labeller.archive.read import PhotoRows


def add_tags(
    session: Session, found: Found, rows: PhotoRows, photo: Photo, faces: Mapping[int, Face]
) -> None:
    """Put the tags on the photo and on those of its faces that are here."""
    on = []
    for row in rows[layout.TAGGINGS]:
        face, tag = faces.get(row["face_id"] or 0), found.id("tag", row["tag_id"])
        if row["face_id"] is None or face is not None:
            face_id = face.id if face else None
            on.append({"tag_id": tag, "photo_id": photo.id, "part": face_id or 0, "face_id": face_id})
    insert_missing(session, Tagging, on)


def add_notes(session: Session, found: Found, rows: PhotoRows, faces: Mapping[int, Face]) -> None:
    """Add the notes that are not here, with the answers to them."""
    notes: dict[int, int] = {}
    for row in sorted(rows[layout.COMMENTS], key=lambda row: row["id"]):
        if row["face_id"] in faces and found.id("person", row["person_id"]) is not None:
            notes[row["id"]] = _note(session, found, row, faces[row["face_id"]], notes)


def _note(session: Session, found: Found, row: Row, face: Face, notes: Mapping[int, int]) -> int:
    same = Comment.face_id == face.id, Comment.created_at == row["created_at"], Comment.text == row["text"]
    if (known := session.scalar(select(Comment.id).where(*same))) is not None:
        return known
    values = found.values(layout.COMMENTS, row, "face_id", "answers_id", layout.PHOTO)
    note = Comment(**values, face_id=face.id, answers_id=notes.get(row["answers_id"]))
    session.add(note)
    session.flush()
    return note.id

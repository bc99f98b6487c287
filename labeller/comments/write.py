"""Writing notes on faces, answering them, and calling them resolved."""

from sqlalchemy.orm import Session

from db.base import now
from db.models import Comment, Face, Person
from db.texts import require_plain
from labeller.errors import BadComment, NotFound, NotYours
from labeller.photos.access import get_photo, shown_face

LONGEST = 1000
"""Characters of a note."""


def add_comment(
    session: Session, person: Person, face_id: int, text: str, answers: int | None = None
) -> Comment:
    """A note on the face, or an answer to the note `answers`; an answer to an answer is one to its note.

    Raises NotFound, BadComment, and BadInput for control characters.
    """
    face = shown_face(session, face_id)
    text = text.strip()
    require_plain(text)
    if not 0 < len(text) <= LONGEST:
        raise BadComment("bad_comment", f"A note has 1 to {LONGEST} characters.", "Make it shorter.")
    note_id = _note_of(session, face, answers) if answers is not None else None
    comment = Comment(face_id=face.id, person_id=person.id, text=text, answers_id=note_id)
    session.add(comment)
    session.flush()
    return comment


def resolve(session: Session, person: Person, comment_id: int) -> Comment:
    """Call a note resolved; nothing changes if it is. Raises NotFound and BadComment."""
    note = _note(session, comment_id)
    if note.resolved_at is None:
        note.resolved_at, note.resolved_by = now(), person.id
    session.flush()
    return note


def reopen(session: Session, comment_id: int) -> Comment:
    """Open a note again; nothing changes if it is open. Raises NotFound and BadComment."""
    note = _note(session, comment_id)
    note.resolved_at = note.resolved_by = None
    session.flush()
    return note


def delete_comment(session: Session, person: Person, comment_id: int) -> None:
    """Delete one's own note or answer; the owner may delete any. Raises NotFound and NotYours."""
    comment = get_comment(session, comment_id)
    if comment.person_id != person.id and person.role != "owner":
        raise NotYours("not_yours", "Somebody else wrote this.", "They can delete it, or an owner.")
    session.delete(comment)
    session.flush()


def get_comment(session: Session, comment_id: int) -> Comment:
    """The note or answer. Raises NotFound, also while its photo is being deleted."""
    comment = session.get(Comment, comment_id, populate_existing=True)
    if comment is None:
        raise NotFound("no_such_comment", "There is no such note.", "It may have been deleted.")
    get_photo(session, comment.face.photo_id)
    return comment


def _note(session: Session, comment_id: int) -> Comment:
    note = get_comment(session, comment_id)
    if note.answers_id is not None:
        raise BadComment("not_a_note", "This is an answer.", "Resolve the note that it answers.")
    return note


def _note_of(session: Session, face: Face, comment_id: int) -> int:
    """The id of the note that an answer belongs to."""
    comment = get_comment(session, comment_id)
    if comment.face_id != face.id:
        raise BadComment("other_face", "That note is on another face.", "Answer it there.")
    return comment.answers_id or comment.id

"""Importing labelled folders: photos are received, and the names of their folders become answers.

The same picture under another class is a conflict: it is reported, and never swallowed as a repeat.
"""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import classes
from db.base import OPEN
from db.models import Answer, Face, Person, Photo
from labeller.answers.aggregate import opinion
from labeller.answers.client_keys import comes_from_import, folder_key, is_from_folder
from labeller.answers.face_answers import lock_face, settle, standing_answers
from labeller.errors import BadPhoto
from labeller.uploads.intake import Received, receive


@dataclass(frozen=True)
class Conflict:
    """Two files with the same bytes and different labels; `first` is None if the photo was not imported."""

    first: str | None
    first_label: str
    second: str
    second_label: str
    disputed: bool
    """Whether people are to settle it; else the second label is an answer that replaces the first."""


@dataclass
class FolderImport:
    """One run of an import of `folder` by `by`; `person` is who is in the photos, if known."""

    session: Session
    folder: Path
    by: Person
    person: Person | None = None
    _seen: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    """File and label of each photo of this run."""

    def remember(self, photo: Photo, path: str) -> None:
        """The photo is in this import under that name: an attempt that was killed took it."""
        self._seen.setdefault(photo.id, (path, photo.folder_label))

    def seen_as(self, photo: Photo) -> str | None:
        """Under which name this import had the photo before, if it had it."""
        return self._seen.get(photo.id, (None, None))[0]

    def take(self, file: Path, label: str | None) -> tuple[Received, Conflict | None]:
        """Receive one file and commit. Raises BadPhoto, also if the file cannot be read."""
        try:
            data = file.read_bytes()
        except OSError as error:
            raise BadPhoto("unreadable_file", f"The file cannot be read ({error.strerror}).") from error
        received = receive(self.session, data, self.by, self.person, label)
        conflict = self.compare(received, str(file.relative_to(self.folder)), label)
        self.session.commit()
        return received, conflict

    def compare(self, received: Received, path: str, label: str | None) -> Conflict | None:
        """Note the photo's label by its folder, and compare it with what is known. Does not commit."""
        conflict = None
        label = classes.read(self.session).find(label) if label is not None else None
        if label is not None and not received.created:
            conflict = self._compare(received.photo, path, label)
        self._seen.setdefault(received.photo.id, (path, label))
        if self._seen[received.photo.id][0] == path:
            received.photo.import_path = path
        return conflict

    def _compare(self, photo: Photo, path: str, label: str) -> Conflict | None:
        seen_path, seen_label = self._seen.get(photo.id, (None, None))
        if seen_label is not None:
            if seen_label == label:
                return None
            dispute(self.session, photo, label)
            return Conflict(seen_path, seen_label, path, label, disputed=True)
        before, was_at = photo.folder_label, photo.import_path
        disputed_with = relabel(self.session, photo, label, self.by)
        if disputed_with is not None:
            return Conflict(was_at, disputed_with, path, label, disputed=True)
        return None if before in (None, label) else Conflict(was_at, str(before), path, label, disputed=False)


def record_folder_label(session: Session, face: Face, photo: Photo) -> None:
    """Record the label of the photo's import folder as the answer to its single obvious face.

    If the import found the same picture in another folder, the face is disputed.
    """
    _add(session, face, photo.folder_label, photo.uploaded_by)
    if photo.conflicting_label is not None:
        _add(session, face, photo.conflicting_label, None)


def relabel(session: Session, photo: Photo, label: str, by: Person) -> str | None:
    """The photo is now imported under this label: record that as an answer to its face.

    If people have answered the face otherwise, it becomes disputed; returns their label.
    """
    if photo.folder_label == label:
        return None
    face = _lock(session, photo, folder_label=label)
    if face is None:
        return None
    current = classes.read(session)
    if face.label == current.resolve(label):
        return None
    standing = standing_answers(session, face)
    if not any(opinion(one, current) for one in standing if not comes_from_import(one)):
        _add(session, face, label, by.id, informed=True)
        return None
    theirs = face.label or face.state
    _add(session, face, label, None)
    return theirs


def dispute(session: Session, photo: Photo, label: str) -> None:
    """The same import found the photo under another label, too: people are to settle it. Idempotent."""
    face = _lock(session, photo, conflicting_label=label)
    if face is None:
        return
    recorded = select(Answer.id).where(Answer.face_id == face.id, is_from_folder(), Answer.label == label)
    if session.scalar(recorded.limit(1)) is None:
        _add(session, face, label, None)


def _lock(session: Session, photo: Photo, **values: str) -> Face | None:
    """Set the photo's columns, and lock the face that its label is about; None until the detector is done.

    The detector itself records the labels of a photo that it has not finished.
    """
    session.execute(update(Photo).where(Photo.id == photo.id).values(values))
    session.refresh(photo)
    if photo.status in OPEN:
        return None
    labelled = select(Answer.face_id).join(Face).where(Face.photo_id == photo.id, is_from_folder())
    face_id = session.scalar(labelled.limit(1))
    if face_id is None:
        likely = [one for one in photo.faces if not one.doubtful and one.state != "rejected"]
        face_id = likely[0].id if len(likely) == 1 else None
    return None if face_id is None else lock_face(session, face_id)


def _add(session: Session, face: Face, label: str | None, by: int | None, *, informed: bool = False) -> None:
    """Record a folder's label as an answer. Of nobody (`by`), it counts as one person's opinion."""
    earlier = select(Answer.id).where(Answer.face_id == face.id, is_from_folder())
    number = len(session.scalars(earlier).all())
    session.add(
        Answer(
            client_key=folder_key(face.photo, face, number),
            face_id=face.id,
            person_id=by,
            kind="label",
            label=label,
            informed=informed,
        )
    )
    session.flush()
    settle(session, face, standing_answers(session, face), classes.read(session))

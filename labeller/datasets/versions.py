"""Versions: a name on photos, boxes, labels and splits as they are now, frozen without copying a picture."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import audit, classes, frozen_sets
from db.errors import BadInput, Conflict
from db.frozen_sets import FaceState, PhotoState
from db.models import READY, DatasetVersion, Face, Group, Person, Photo, Run
from db.texts import number_of, require_plain
from labeller.datasets import names
from labeller.datasets.sources import Selection, face_ids, photo_ids

LONGEST_NOTE = 2000
"""Characters."""
LISTED = 200
"""Versions in one list to choose from, at most."""


def make(
    session: Session, name: str, selection: Selection, by: Person | None, note: str = ""
) -> DatasetVersion:
    """Freeze what is chosen under a name.

    Raises BadInput for an empty one, Conflict if the name is taken, BadAnswer for an odd filter.
    """
    line, key = names.clean(name)
    names.require_new(session, DatasetVersion, key)
    _require_note(note)
    frozen_sets.lock(session)
    classes.lock(session)  # labels are read by name: no class may be renamed in between
    faces, photo_of = _faces(session, selection)
    photos = list(_photos(session, selection, set(photo_of.values())))
    if not photos or not faces:
        counts = f"That is {number_of(len(photos), 'photo')} with {number_of(len(faces), 'box', 'boxes')}."
        raise BadInput("empty_version", f"A version needs photos with boxes. {counts}", "Choose others.")
    version = frozen_sets.freeze(session, photos, faces, photo_of)
    version.name, version.key, version.note = line, key, note.strip()
    version.created_by = by.id if by else None
    session.add(version)
    session.flush()
    audit.note(session, "version_made", by, version=version.id)
    return version


def get_version(session: Session, version_id: int) -> DatasetVersion:
    """The version. Raises NotFound."""
    return names.get(session, DatasetVersion, version_id)


def named(session: Session, reference: int | str) -> DatasetVersion:
    """The version that is called so, or of this id. Raises NotFound."""
    return names.named(session, DatasetVersion, reference)


def versions_before(
    session: Session, cursor: int, limit: int, by_hand: bool | None = None
) -> list[DatasetVersion]:
    """Versions from the newest on, below `cursor` unless it is 0; `by_hand`: named ones or only others."""
    query = select(DatasetVersion).order_by(DatasetVersion.id.desc()).limit(limit)
    if cursor:
        query = query.where(DatasetVersion.id < cursor)
    if by_hand is not None:
        query = query.where(DatasetVersion.name.is_not(None) == by_hand)
    return list(session.scalars(query))


def to_choose_from(session: Session, *besides: DatasetVersion) -> list[DatasetVersion]:
    """The newest named versions, with `besides` first, unless they are there."""
    newest = versions_before(session, 0, LISTED, by_hand=True)
    return [one for one in besides if one not in newest] + newest


def rename(session: Session, version: DatasetVersion, name: str, note: str | None = None) -> None:
    """Name a version, also one that a run made. Raises BadInput, and Conflict if the name is taken."""
    names.rename(session, version, name)
    if note is not None:
        _require_note(note)
        version.note = note.strip()
    session.flush()


def delete_version(session: Session, version: DatasetVersion, by: Person) -> None:
    """Delete a version; its photos stay. Raises Conflict if a run used it, which would not know on what."""
    runs = runs_of(session, version)
    if runs:
        message = f"Run {runs[0].id} used this version."
        raise Conflict("version_in_use", message, "It stays, so that it is known what that run learned from.")
    audit.note(session, "version_deleted", by, version=version.id)
    session.delete(version)
    session.flush()
    frozen_sets.drop_unused(session)


def runs_of(session: Session, version: DatasetVersion, limit: int = 20) -> list[Run]:
    """The runs that used the version, or the one that made it, oldest first."""
    return list(
        session.scalars(select(Run).where(Run.version_id == version.id).order_by(Run.id).limit(limit))
    )


def _require_note(note: str) -> None:
    require_plain(note)
    if len(note) > LONGEST_NOTE:
        raise BadInput("long_note", f"A note has at most {LONGEST_NOTE} characters.")


def _faces(session: Session, selection: Selection) -> tuple[list[FaceState], dict[int, int]]:
    """The states of the chosen faces on photos that are ready, and the photo of each."""
    ids = classes.read(session).ids
    columns = (Face.id, Face.photo_id, Face.x, Face.y, Face.w, Face.h)
    query = select(*columns, Face.box_version, Face.state, Face.label, Face.disputed)
    query = query.join(Photo, Photo.id == Face.photo_id).where(
        READY, Face.id.in_(face_ids(session, selection))
    )
    states, photo_of = [], {}
    for face_id, photo_id, x, y, w, h, box_version, state, label, disputed in session.execute(query).tuples():
        class_id = ids.get(label) if label is not None else None
        states.append(FaceState(face_id, x, y, w, h, box_version, state, class_id, disputed))
        photo_of[face_id] = photo_id
    return states, photo_of


def _photos(session: Session, selection: Selection, of_faces: set[int]) -> Iterator[PhotoState]:
    """The states of the chosen photos that are ready: those of the faces, or all that the filter chooses."""
    query = select(Photo.id, Group.split, Photo.completed_at.is_not(None)).join(Photo.group)
    query = query.where(READY, Photo.id.in_(photo_ids(session, selection)))
    for photo_id, split, complete in session.execute(query).tuples():
        if selection.chooses_photos or photo_id in of_faces:
            yield PhotoState(photo_id, split, bool(complete))

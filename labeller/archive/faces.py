"""The faces of a photo of an archive with their answers: as they are there, or added to those here."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.models import Answer, Face, Photo
from labeller.answers.client_keys import holds_ids, moved_key
from labeller.answers.face_answers import lock_face, settle, standing_answers
from labeller.archive import layout
from labeller.archive.found import Found
from labeller.archive.lines import Row
from labeller.archive.read import PhotoRows
from labeller.photos.pairing import pair


class PhotoFaces:
    """The faces of one photo here; `by_id` has them by their ids in the archive. Does not commit.

    `changed` counts faces that are new or have new answers; `conflicts` says what was answered otherwise
    here.
    """

    def __init__(self, session: Session, found: Found, rows: PhotoRows, photo: Photo) -> None:
        self._session, self._found, self._rows, self._photo = session, found, rows, photo
        self.by_id: dict[int, Face] = {}
        self.changed = 0
        self.conflicts: list[str] = []

    def add_all(self) -> None:
        """The faces and answers of a new photo, as they are in the archive."""
        self._add_faces(self._rows[layout.FACES])
        self._add_answers()

    def merge(self, *, is_ours: bool) -> None:
        """Add what a photo that was here lacks. `is_ours`: the archive was made by this workbench.

        Boxes that nobody answered are not added: those here came from the same detectors.
        """
        self.by_id = self._paired(is_ours=is_ours)
        answered = {row["face_id"] for row in self._rows[layout.ANSWERS]}
        lacking = [row for row in self._rows[layout.FACES] if row["id"] not in self.by_id]
        self._add_faces([row for row in lacking if row["id"] in answered])
        for face_id in self._add_answers():
            self._settle(self.by_id[face_id])

    def _add_faces(self, wanted: Sequence[Row]) -> None:
        for row in wanted:
            values = self._found.values(layout.FACES, row, "photo_id")
            self.by_id[row["id"]] = Face(**values, photo_id=self._photo.id)
            self._session.add(self.by_id[row["id"]])
            self._session.flush()  # in their order
        self.changed += len(wanted)

    def _paired(self, *, is_ours: bool) -> dict[int, Face]:
        """Faces that are here: by an answer that both have, else by the box."""
        query = select(Face).where(Face.photo_id == self._photo.id).order_by(Face.id)
        faces = self._session.scalars(query.execution_options(populate_existing=True))
        here = {face.id: face for face in faces}
        answers = self._rows[layout.ANSWERS]
        keys = {row["client_key"]: row["face_id"] for row in answers}
        keys = {key: id for key, id in keys.items() if is_ours or not holds_ids(key)}
        both = select(Answer.client_key, Answer.face_id).where(Answer.client_key.in_(keys))
        found = {keys[key]: here[id] for key, id in self._session.execute(both).tuples() if id in here}
        taken = {face.id for face in found.values()}
        theirs = [row for row in self._rows[layout.FACES] if row["id"] not in found]
        ours = [face for face in here.values() if face.id not in taken]
        boxes = [(row["x"], row["y"], row["w"], row["h"]) for row in theirs]
        pairs = pair(boxes, [face.box for face in ours])
        return found | {theirs[i]["id"]: ours[k] for i, k in pairs.items()}

    def _add_answers(self) -> list[int]:
        """Add the answers that are not here, oldest first; returns the ids there of their faces."""
        rows = sorted(self._rows[layout.ANSWERS], key=lambda row: row["id"])
        keys = {row["id"]: self._key(row) for row in rows}
        here = self._known(keys)
        new = [row for row in rows if row["id"] not in here]
        for row in new:
            values = self._found.values(
                layout.ANSWERS, row, "client_key", "face_id", "undoes_id", layout.PHOTO
            )
            answer = Answer(**values, client_key=keys[row["id"]], face=self.by_id[row["face_id"]])
            answer.undoes_id = here.get(row["undoes_id"])
            self._session.add(answer)
            self._session.flush()
            here[row["id"]] = answer.id
        return sorted({row["face_id"] for row in new})

    def _key(self, row: Row) -> str:
        there = (self._rows.photo["id"], row["face_id"])
        return moved_key(row["client_key"], there, self._photo, self.by_id[row["face_id"]])

    def _known(self, keys: Mapping[int, str]) -> dict[int, int]:
        """The ids here of answers by their ids there; also of one that was given to another face."""
        query = select(Answer.client_key, Answer.id, Answer.face_id)
        query = query.where(Answer.client_key.in_(keys.values()))
        found = {key: (id, face) for key, id, face in self._session.execute(query).tuples()}
        ours = {face.id for face in self.by_id.values()}
        if any(face not in ours for _, face in found.values()):
            self.conflicts.append("an answer is here already, to another photo; it stays there")
        return {id: found[key][0] for id, key in keys.items() if key in found}

    def _settle(self, face: Face) -> None:
        """Take new answers into account; where they differ from what was said here, name it."""
        before = _state(face)
        face = lock_face(self._session, face.id)
        settle(self._session, face, standing_answers(self._session, face), classes.read(self._session))
        self.changed += 1
        if face.disputed:
            self.conflicts.append(f"a face that is “{before}” here has another answer there: it is disputed")
        elif before not in ("proposed", _state(face)):
            text = f"a face was “{before}” here; by a later answer from there it is “{_state(face)}”"
            self.conflicts.append(text)


def _state(face: Face) -> str:
    return face.label or face.state

"""The boxes of an imported photo: faces with the importer's answers, and where people here said otherwise.

Nothing that people answered here is overwritten: where a dataset says otherwise, the face becomes disputed.
What came from an earlier import gives way to a later one, by an answer that can be undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.box_thresholds import IMPORTED, MEASURED, box_level, default_thresholds
from db.models import Answer, Face, Person, Photo
from db.session import take_write_lock
from labeller.answers.aggregate import apply_answers, opinion
from labeller.answers.client_keys import comes_from_import, dataset_key, keys_of_dataset
from labeller.answers.face_answers import lock_face, settle, standing_answers
from labeller.answers.record import lock_person
from labeller.imports.said import Opinion, Said, in_words, opinion_here
from labeller.photos.box import Box
from labeller.photos.pairing import is_same_box, pair


@dataclass(frozen=True)
class Difference:
    """What a dataset says otherwise than it is here, in words, and where it says so."""

    place: str
    message: str


class PhotoFaces:
    """The faces of a photo while a dataset's boxes are put in; other writers wait until the commit."""

    def __init__(self, session: Session, photo: Photo, by: Person, *, is_new: bool, again: bool) -> None:
        """`again`: this import had the picture before, so that neither of its labels replaces the other."""
        self._session, self._photo, self._by, self._again = session, photo, by, again
        lock_person(session, by)
        self._classes = classes.read(session)
        self._faces: list[Face] = []
        self._keys: dict[str, str | None] = {}
        self.differences: list[Difference] = []
        self.changed = 0
        """Faces that were added, or answered for the first time."""
        if not is_new:
            self._load()

    def _load(self) -> None:
        """The faces that are here, and what datasets said of them before."""
        take_write_lock(self._session)
        self._session.scalar(select(Photo.id).where(Photo.id == self._photo.id).with_for_update())
        faces = select(Face).where(Face.photo_id == self._photo.id).order_by(Face.id)
        self._faces = list(self._session.scalars(faces.execution_options(populate_existing=True)))
        ours = Answer.client_key.startswith(keys_of_dataset(self._photo))
        said = select(Answer.client_key, Answer.label).where(ours)
        self._keys = dict(self._session.execute(said).tuples().all())

    def put(self, said: Sequence[Said]) -> list[Face | None]:
        """Add and answer faces; returns that of each box, None for one that is not kept. Does not commit."""
        pairs = pair([one.box for one in said], [face.box for face in self._faces])
        put = [
            self._compare(self._faces[pairs[i]], one) if i in pairs else self._add(one)
            for i, one in enumerate(said)
        ]
        self._session.flush()
        return put

    def _add(self, said: Said) -> Face | None:
        """A new face, unless an earlier import brought it and somebody took it back since."""
        if said.is_proposal:
            return self._propose(said) if self._photo.completed_at is None else None
        key = self._key(said, "draw")
        if key in self._keys:
            return None
        face, wanted = self._face(said, source="human"), said.opinion
        answers = [self._row(face, key, kind="draw", label=wanted and wanted[1], box=list(said.box))]
        if wanted == ("reject", None):
            answers.append(self._row(face, self._key(said, "reject"), kind="reject"))
        apply_answers(face, answers, self._classes)
        self._session.add_all(answers)
        self.changed += 1
        return face

    def _propose(self, said: Said) -> Face:
        source = said.record.source if said.record.source in MEASURED else IMPORTED
        confidence = said.record.confidence
        level = box_level(confidence or 0.0, default_thresholds(source))
        self.changed += 1
        return self._face(said, source=source, confidence=confidence, **level.columns)

    def _face(self, said: Said, **values: Any) -> Face:
        x, y, w, h = said.box
        always = {"opinions_wanted": 1, "box_version": 1, "gold": False, "proposed_box": list(said.box)}
        face = Face(photo_id=self._photo.id, x=x, y=y, w=w, h=h, **always, **values)
        self._session.add(face)
        return face

    def _compare(self, face: Face, said: Said) -> Face:
        """What the dataset says of a face that is here already."""
        if said.is_proposal:
            return face
        face = lock_face(self._session, face.id)
        here, wanted = opinion_here(face), said.opinion
        if wanted is None:
            if here == ("reject", None):
                self._note(face, said, "is no face here, which stays")
        elif here is None:
            self._answer(face, said, wanted)
        elif here != wanted:
            outcome = self._differ(face, said, wanted)
            self._note(
                face, said, f"is {in_words(here)} here and {in_words(wanted)} in the dataset; {outcome}"
            )
        elif here[0] == "label" and not is_same_box(face.box, said.box):
            self._note(
                face, said, f"has another box in the dataset, {_rounded(said.box)}; the one here stays"
            )
        return face

    def _answer(self, face: Face, said: Said, wanted: Opinion) -> None:
        """The first answer to a face, unless somebody took it back since."""
        kind, label = wanted
        if self._is_said(said, wanted):
            return
        rows = [self._row(face, self._key(said, _word(wanted)), kind=kind, label=label)]
        if kind == "label" and not is_same_box(face.box, said.box):
            rows.append(self._row(face, self._key(said, "box"), kind="adjust", box=list(said.box)))
        self._settle(face, rows)
        self.changed += 1

    def _differ(self, face: Face, said: Said, wanted: Opinion) -> str:
        """Record that a dataset says otherwise, once; returns what becomes of it, in words."""
        kind, label = wanted
        if self._is_said(said, wanted):
            return "that was settled" if not face.disputed else "settle it under Disagreements"
        standing = [one for one in standing_answers(self._session, face) if opinion(one, self._classes)]
        gives_way = not self._again and all(map(comes_from_import, standing))
        row = self._row(face, self._key(said, _word(wanted)), kind=kind, label=label)
        row.person_id, row.informed = (self._by.id, True) if gives_way else (None, False)
        self._settle(face, [row])
        if gives_way:
            return "the new one counts; it can be undone"
        return "it is a check face and stays" if face.gold else "settle it under Disagreements"

    def _settle(self, face: Face, rows: Sequence[Answer]) -> None:
        standing = standing_answers(self._session, face)
        self._session.add_all(rows)
        self._session.flush()
        settle(self._session, face, [*standing, *rows], self._classes)

    def _is_said(self, said: Said, wanted: Opinion) -> bool:
        """Whether a dataset said so before of this very box."""
        drawn = self._keys.get(self._key(said, "draw"))
        return self._key(said, _word(wanted)) in self._keys or (drawn is not None and drawn == wanted[1])

    def _key(self, said: Said, what: str) -> str:
        return dataset_key(self._photo, said.box, what)

    def _row(self, face: Face, key: str, **values: Any) -> Answer:
        return Answer(
            client_key=key, face=face, person_id=self._by.id, informed=False, created_at=now(), **values
        )

    def _note(self, face: Face, said: Said, text: str) -> None:
        self.differences.append(Difference(said.record.place, f"The face at {_rounded(face.box)} {text}."))


def _word(opinion: Opinion) -> str:
    return f"{opinion[0]} {opinion[1]}" if opinion[1] else opinion[0]


def _rounded(box: Box) -> list[int]:
    return [round(side) for side in box]

"""A database of labelled faces without a detector: each picture is one face, boxed by its edges."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.face_rows import insert_for_faces
from db.models import Answer, Embedding, Face, Group, Person, Photo, Run, Workbench
from labeller.people import people as labeller_people
from labeller.photos.splits import split_of
from labeller.uploads import intake
from tests.pictures import face, jpeg
from trainer.runs import requests

sqlite_only = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
"""For slow tests of training, where the database engine makes no difference."""


@dataclass(frozen=True)
class Picture:
    """A picture of one face that fills it; `person` is the name of whom it shows, if known."""

    content: bytes
    label: str
    person: str | None = None


def draw_pictures(count: int) -> list[Picture]:
    """`count` drawn faces, each of a different person: five masked, five bare, and so on.

    One of every five groups is locked, in order of arrival. Changing the class every five faces puts equally
    many of both classes into the locked set, and 100 faces are enough for one.
    """
    labels = ["mask" if n // 5 % 2 == 0 else "nomask" for n in range(count)]
    return [Picture(jpeg(face(n, label == "mask")), label) for n, label in enumerate(labels)]


def add_labelled_pictures(session: Session, pictures: Iterable[Picture]) -> list[Face]:
    """Store the pictures as photos with one confirmed, answered face each; commits."""
    owner, faces = labeller_people.owner(session), []
    people: dict[str, Person] = {}
    for picture in pictures:
        if picture.person and picture.person not in people:
            people[picture.person] = labeller_people.new_person(session, picture.person, "friend")
        person = people.get(picture.person or "")
        photo = intake.receive(session, picture.content, owner, person).photo
        photo.status = "ready"
        box = [0.0, 0.0, float(photo.width), float(photo.height)]
        face = Face(
            photo_id=photo.id, x=0, y=0, w=photo.width, h=photo.height, proposed_box=box, source="human",
            state="confirmed", label=picture.label, decided_at=now(), decided_by=owner.id, waiting=False,
            opinions=1,
        )  # fmt: skip
        _add_answered(session, face, owner)
        faces.append(face)
    session.commit()
    return faces


def add_labelled_faces(session: Session, count: int, people: int = 0) -> list[Face]:
    """`count` faces without pictures, alternately `mask` and `nomask`; commits.

    With `people`, each person's photos are one group, and their faces come in pairs of both classes.
    """
    owner = labeller_people.owner(session)
    friends = [labeller_people.new_person(session, f"Person {n}", "friend") for n in range(people)]
    groups = [Group(split=split_of(n)) for n in range(people or count)]
    session.add_all(groups)
    session.flush()
    faces = []
    for n in range(count):
        group = groups[n // 2 % len(groups)] if people else groups[n]
        photo = Photo(
            sha256=f"{n}", blob="0" * 64, view_blob="0" * 64, width=90, height=90, dhash=b"", status="ready",
            group_id=group.id, person_id=friends[n // 2 % people].id if people else None,
        )  # fmt: skip
        face = Face(
            photo=photo, x=9, y=9, w=60, h=60, proposed_box=[9, 9, 60, 60], source="centerface",
            confidence=0.99,
            state="confirmed", label=("mask", "nomask")[n % 2], decided_at=now(), decided_by=owner.id,
            waiting=False, opinions=1,
        )  # fmt: skip
        _add_answered(session, face, owner)
        faces.append(face)
    session.commit()
    return faces


def _add_answered(session: Session, face: Face, person: Person) -> None:
    """Add the face with the answer that gave it its label."""
    session.add(face)
    session.flush()
    session.add(
        Answer(
            client_key=f"labelled:{face.id}",
            face_id=face.id,
            person_id=person.id,
            kind="label",
            label=face.label,
        )
    )


def add_features(
    session: Session,
    faces: Iterable[Face],
    vectors: Iterable[NDArray[np.floating]],
    backbone: str,
    views: Sequence[int] = (0,),
) -> None:
    """Store a feature vector of shape (1280,) for each face, the same in all `views`; commits."""
    insert_for_faces(
        session,
        Embedding,
        [
            {"face_id": face.id, "box_version": 1, "backbone": backbone, "view": view}
            | {"vector": vector.astype("<f2").tobytes()}
            for face, vector in zip(faces, vectors, strict=True)
            for view in views
        ],
    )
    session.commit()


def add_finished_run(session: Session) -> Run:
    """A finished run without a model; commits."""
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", finished_at=now())
    session.add(run)
    session.commit()
    return run


def train_run(session: Session, recipe: dict[str, object] | str = "quick") -> Run:
    """Request a run and train it in this process; the finished run."""
    from trainer.runs.train import train

    run = requests.request_run(session, recipe)
    session.commit()
    train(session, run.id, run.attempt, "test")
    session.refresh(run)
    return run


def live_run_id(session: Session) -> int | None:
    """The id of the live run."""
    return session.scalar(select(Workbench.live_run_id))

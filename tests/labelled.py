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

one_engine = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
"""Where the engine makes no difference, and learning takes its time."""


@dataclass(frozen=True)
class Picture:
    """A picture that is one face, of somebody or of nobody named."""

    content: bytes
    label: str
    person: str | None = None


def drawn(count: int) -> list[Picture]:
    """`count` faces of as many people, by fives masked and bare.

    By fives, as of every five groups in order of arrival one is locked: so both classes are locked alike, and
    100 faces are enough for a locked set.
    """
    labels = ["mask" if n // 5 % 2 == 0 else "nomask" for n in range(count)]
    return [Picture(jpeg(face(n, label == "mask")), label) for n, label in enumerate(labels)]


def add(session: Session, pictures: Iterable[Picture]) -> list[Face]:
    """The pictures as photos with one confirmed, answered face each; commits."""
    owner, made = labeller_people.owner(session), []
    known: dict[str, Person] = {}
    for picture in pictures:
        if picture.person and picture.person not in known:
            known[picture.person] = labeller_people.new_person(session, picture.person, "friend")
        person = known.get(picture.person or "")
        photo = intake.receive(session, picture.content, owner, person).photo
        photo.status = "ready"
        box = [0.0, 0.0, float(photo.width), float(photo.height)]
        face = Face(
            photo_id=photo.id, x=0, y=0, w=photo.width, h=photo.height, proposed_box=box, source="human",
            state="confirmed", label=picture.label, decided_at=now(), decided_by=owner.id, waiting=False,
            opinions=1,
        )  # fmt: skip
        session.add(face)
        session.flush()
        key = f"made:{face.id}"
        session.add(
            Answer(client_key=key, face_id=face.id, person_id=owner.id, kind="label", label=picture.label)
        )
        made.append(face)
    session.commit()
    return made


def rows(session: Session, count: int, people: int = 0) -> list[Face]:
    """`count` labelled faces without pictures, by turns `mask` and `nomask`: where only the rows matter."""
    owner = labeller_people.owner(session)
    friends = [labeller_people.new_person(session, f"Person {n}", "friend") for n in range(people)]
    groups = [Group(split=split_of(n)) for n in range(people or count)]
    session.add_all(groups)
    session.flush()
    made = []
    for n in range(count):
        group = groups[n // 2 % len(groups)] if people else groups[n]
        photo = Photo(
            sha256=f"{n}", blob="0" * 64, view_blob="0" * 64, width=90, height=90, dhash=b"", status="ready",
            group_id=group.id, person_id=friends[n // 2 % people].id if people else None,
        )  # fmt: skip
        face = Face(
            photo=photo, x=9, y=9, w=60, h=60, proposed_box=[9, 9, 60, 60], source="mtcnn", confidence=0.99,
            state="confirmed", label=("mask", "nomask")[n % 2], decided_at=now(), decided_by=owner.id,
            waiting=False, opinions=1,
        )  # fmt: skip
        session.add(face)
        session.flush()
        session.add(
            Answer(
                client_key=f"made:{face.id}",
                face_id=face.id,
                person_id=owner.id,
                kind="label",
                label=face.label,
            )
        )
        made.append(face)
    session.commit()
    return made


def plant(
    session: Session,
    faces: Iterable[Face],
    vectors: Iterable[NDArray[np.floating]],
    backbone: str,
    views: Sequence[int] = (0,),
) -> None:
    """Features (1280,) of each face, the same in all `views`, as if computed; commits."""
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


def done_run(session: Session) -> Run:
    """A run that is over and made nothing; commits."""
    run = Run(recipe={}, seed=0, classes=["mask", "nomask"], status="done", finished_at=now())
    session.add(run)
    session.commit()
    return run


def train(session: Session, recipe: dict[str, object] | str = "quick") -> Run:
    """A run from request to end, in this process."""
    from trainer.runs import train

    run = requests.request_run(session, recipe)
    session.commit()
    train.train(session, run.id, run.attempt, "test")
    session.refresh(run)
    return run


def live_run_id(session: Session) -> int | None:
    """Which run is live."""
    return session.scalar(select(Workbench.live_run_id))

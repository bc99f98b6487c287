"""A workbench filled with many faces, by a handful of SQL statements that the database runs by itself."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ColumnElement, case, insert, literal, null, select, text, update
from sqlalchemy.orm import Session

from benchmarks.generated_rows import (
    START,
    at,
    insert_numbered,
    insert_rows,
    is_postgres,
    numbers,
    random_hash,
    random_vector,
    sequences,
    text_of,
)
from db import classes
from db.models import (
    Answer,
    Class,
    DetectorPass,
    Embedding,
    Event,
    Face,
    Group,
    Lease,
    Outcome,
    Person,
    Photo,
    Pick,
    Run,
    Score,
    Spot,
    Tagging,
    Workbench,
)
from db.storage import blobs
from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import EVERYTHING, with_tag
from labeller.people import people
from tests.factories import fill_in_results
from tests.pictures import jpeg, portrait
from trainer.face_map import layout_read

PER_PHOTO = 2
TEAM = 5
"""The first people are the owner and labellers; all others are friends."""
EARLIER_RUN, LIVE_RUN = 1, 2
FEATURES = 20_000
"""Faces with stored features at most: each is 2.5 kB, and no page reads more than some hundred."""
BACKBONE = "b" * 64


def fill(session: Session, faces: int) -> None:
    """Fill an empty database with `faces` faces on half as many photos, of a friend for every 25 photos.

    The first friend sent a tenth of all photos. Half of the faces are answered, every tenth of these twice.
    """
    photos = faces // PER_PHOTO
    friends = max(20, photos // 25)
    _people(session, friends)
    _photos(session, photos, friends)
    _faces(session, faces)
    _runs(session, faces)
    _answers(session, faces)
    _work(session, faces)
    _datasets(session, faces)
    session.commit()
    if is_postgres(session):  # whose autovacuum gathers statistics; nothing does so on SQLite
        for statement in ("ANALYZE", *sequences()):
            session.execute(text(statement))
    session.commit()


def _datasets(session: Session, faces: int) -> None:
    """Tag 1 on every second face and every tenth photo, tag 2 on 20 faces; two versions; a saved filter."""
    for name in ("often", "rarely"):
        tags.find_or_add(session, name)
    i = numbers(faces)
    of_face = {"photo_id": (i + 1) // PER_PHOTO, "part": i, "face_id": i}
    insert_numbered(session, Tagging, i, i % 2 == 0, tag_id=1, **of_face)
    few = i % (faces // 20) == 0
    insert_numbered(session, Tagging, i, few, tag_id=2, **of_face)
    p = numbers(faces // PER_PHOTO)
    insert_numbered(session, Tagging, p, p % 10 == 0, tag_id=1, photo_id=p, part=0, face_id=null())
    saved_filters.save(session, "Of the tag", with_tag(1))
    versions.make(session, "First", EVERYTHING, None)
    session.execute(update(Face).where(Face.id % 50 == 7, Face.label == "mask").values(label="nomask"))
    versions.make(session, "Second", EVERYTHING, None)


def _people(session: Session, friends: int) -> None:
    people.owner(session)
    i = numbers(TEAM - 1 + friends)
    role = case((i < TEAM, "labeller"), else_="friend")
    insert_numbered(
        session, Person, i, id=i + 1, name=text_of("Person ", i), role=role, created_at=START, link_version=1
    )
    insert_numbered(
        session, Group, i, id=i, split=case((i % 5 == 1, "locked"), (i % 5 == 2, "validation"), else_="train")
    )


def _photos(session: Session, photos: int, friends: int) -> None:
    picture = blobs().put(jpeg(portrait(1, True)))
    i = numbers(photos)
    friend = case((i % 10 == 0, 1), else_=1 + i % friends)
    insert_numbered(
        session, Photo, i,
        id=i, sha256=text_of("0" * 50, i), blob=picture, view_blob=picture, width=400, height=300,
        dhash=random_hash(session, i), group_id=friend, person_id=TEAM + friend, uploaded_by=TEAM + friend,
        repeat_id=case((i % 50 < 2, i // 2 * 2), else_=null()),
        status=case((i % 5000 == 0, "failed"), else_="ready"),
        attempt=1, turn=0, turned=0, created_at=at(session, i * 5),
        completed_at=case((i % 20 == 0, at(session, i * 5)), else_=null()),
    )  # fmt: skip
    boxes = [[10, 10, 90, 90, 0.99], [150, 10, 90, 90, 0.9], [300, 10, 40, 40, 0.3]]
    for detector in ("centerface", "mtcnn"):
        insert_numbered(
            session, DetectorPass, i,
            photo_id=i, detector=detector, attempts=1, started_at=START, seconds=0.05,
            boxes=literal(boxes, JSON),
        )  # fmt: skip


def _is_answered(face: Any) -> ColumnElement[bool]:
    return face * 7919 % 100 < 50


def _label(face: Any) -> ColumnElement[str]:
    return case((face % 3 == 0, "mask"), else_="nomask")


def _faces(session: Session, faces: int) -> None:
    i = numbers(faces)
    answered, rejected = _is_answered(i), i % 50 == 0
    wanted = case((i % 20 == 0, 2), else_=1)
    opinions = case((answered & (i % 40 == 0), 2), (answered, 1), else_=0)
    insert_numbered(
        session, Face, i,
        id=i, photo_id=(i + 1) // PER_PHOTO, x=10 + 140 * (i % 2), y=10, w=90, h=90, box_version=1,
        source="centerface", confidence=case((i % 10 == 0, 0.3), else_=0.99),
        confirmed_by=literal(["mtcnn"], JSON),
        proposed_box=literal([10, 10, 90, 90], JSON),
        state=case((answered & rejected, "rejected"), (answered, "confirmed"), else_="proposed"),
        label=case((answered & ~rejected, _label(i)), else_=null()),
        doubtful=i % 10 == 0, hidden=i % 30 == 0,
        decided_by=case((answered, 1 + i % TEAM), else_=null()),
        decided_at=case((answered, at(session, i)), else_=null()),
        disputed=answered & (i % 100 == 0), wanted=wanted, opinions=opinions,
        waiting=opinions < wanted, gold=answered & (i % 100 == 1), version=1,
    )  # fmt: skip


def _runs(session: Session, faces: int) -> None:
    """Two runs that are done, the second live, with a score of each face and outcomes of the labelled."""
    names = classes.names(session)
    ids = list(session.scalars(select(Class.id).where(Class.name.in_(names)).order_by(Class.id)))
    for run in (EARLIER_RUN, LIVE_RUN):
        session.add(_run(run, ids, faces))
        session.flush()
        i = numbers(faces)
        other = case((i % 3 == 0, "nomask"), else_="mask")
        insert_numbered(
            session, Score, i,
            run_id=run, face_id=i, box_version=1, probabilities=literal([0.9, 0.1], JSON),
            label=case((_is_wrong(i, run), other), else_=_label(i)),
            margin=(i * 104_729 % 10_000) * 0.0001, open=~_is_answered(i) | _is_wrong(i, run),
        )  # fmt: skip
        _outcomes(session, run, ids)
    session.add(Workbench(id=1, live_run_id=LIVE_RUN, previous_run_id=EARLIER_RUN, mapped_at=START))
    session.flush()


def _is_wrong(face: Any, run: int) -> ColumnElement[bool]:
    return face * (31 + run) % 100 < 10


def _run(id: int, class_ids: list[int], faces: int) -> Run:
    box = [10, 10, 90, 90]
    rows = [[n, 1, class_ids[0], "train", 1, box, 1, 1, "centerface", 0.9] for n in range(1, faces, 4)]
    manifest = json.dumps({"version": 2, "classes": class_ids, "rows": rows}).encode()
    ended = START + timedelta(minutes=faces // 2)
    run = Run(id=id, seed=id, classes=class_ids, status="done", attempt=1, phase="done", finished_at=ended)
    fill_in_results(run, train={"n": faces // 4, "people": 20, "photos_without_person": 0})
    run.manifest, run.head, run.backbone, run.started_at = blobs().put(manifest), {}, BACKBONE, ended
    return run


def _outcomes(session: Session, run: int, class_ids: list[int]) -> None:
    face = select(Face.id, Face.label, Photo.group_id, Group.split).join(Photo, Photo.id == Face.photo_id)
    of = face.join(Group, Group.id == Photo.group_id).where(Face.label.is_not(None)).subquery()
    truth, is_wrong = case((of.c.label == "mask", class_ids[0]), else_=class_ids[1]), _is_wrong(of.c.id, run)
    insert_rows(
        session, Outcome, select(of),
        run_id=literal(run), face_id=of.c.id, part=case((of.c.split == "locked", "locked"), else_="fold"),
        truth=truth, label=case((is_wrong, sum(class_ids) - truth), else_=truth),
        probabilities=literal([0.9, 0.1], JSON), own=case((is_wrong, 0.2), else_=0.9), group_id=of.c.group_id,
    )  # fmt: skip


def _answers(session: Session, faces: int) -> None:
    """The owner and the labellers answered in turn; what came after the live run is new."""
    i = numbers(faces)
    for offset, key in ((0, "first-"), (1, "second-")):
        which = _is_answered(i) if offset == 0 else _is_answered(i) & (i % 40 == 0)
        insert_numbered(
            session, Answer, i, which,
            client_key=text_of(key, i), face_id=i, person_id=1 + (i + offset) % TEAM,
            kind=case((i % 50 == 0, "reject"), else_="label"),
            label=case((i % 50 == 0, null()), (i % 37 == offset, "mask"), else_=_label(i)),
            seconds=1.5 + i % 7, informed=i % 1000 == 3, created_at=at(session, i),
            run_id=case((i < faces // 2, EARLIER_RUN), (i < faces - 100, LIVE_RUN), else_=null()),
        )  # fmt: skip


def _work(session: Session, faces: int) -> None:
    """What is under way: leases, picks, the trail of events, features and the map."""
    i = numbers(min(faces // 3, 2000))
    until = datetime.now(UTC)
    insert_numbered(session, Lease, i, face_id=i * 3, person_id=2, seen_at=START, until=until, blind=True)
    insert_numbered(
        session, Pick, i,
        face_id=i, run_id=LIVE_RUN, place=i, reason=case((i % 10 == 0, "control"), else_="uncertain"),
        detail=literal({}, JSON), created_at=START,
    )  # fmt: skip
    i = numbers(faces // 2)
    insert_numbered(
        session, Event, i,
        at=at(session, i), person_id=1, kind="photo_completed", detail=literal({"photo": 1}, JSON),
    )  # fmt: skip
    shown, _ = layout_read.faces_on_map(session)
    session.execute(insert(Spot), [{"face_id": id, "x": id % 997 / 10, "y": id % 991 / 10} for id in shown])
    i = numbers(min(faces, FEATURES))
    insert_numbered(
        session, Embedding, i,
        face_id=faces + 1 - i, box_version=1, backbone=BACKBONE, view=0, vector=random_vector(session, i),
    )  # fmt: skip

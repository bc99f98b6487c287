"""What a workbench holds, told without ids: equal before and after a move."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.id_sets import unpack
from db.models import (
    Answer,
    Comment,
    DatasetVersion,
    DetectorPass,
    Face,
    FrozenFace,
    FrozenPhoto,
    Group,
    Outcome,
    Person,
    Photo,
    Run,
    SavedFilter,
    Tag,
    Tagging,
)
from db.storage import blobs


def contents(db: Session) -> dict[str, Any]:
    """Everything that an archive holds, with nothing in it that depends on ids."""
    db.expire_all()
    called = {one.id: one.created_at.isoformat() for one in db.scalars(select(Person))}
    seeds = {one.id: one.seed for one in db.scalars(select(Run))}
    photos = {one.id: one for one in db.scalars(select(Photo).order_by(Photo.id))}
    there = Named(
        called, seeds, {id: f"{one.sha256} {called.get(one.person_id or 0)}" for id, one in photos.items()}
    )
    groups, repeats = defaultdict(set), defaultdict(set)
    for one in photos.values():
        groups[one.group_id].add(there.photos[one.id])
        if one.repeat_id is not None:
            repeats[one.repeat_id].add(there.photos[one.id])
    return {
        "photos": [photo_contents(db, one, there) for one in photos.values()],
        "groups": sorted((db.get_one(Group, id).split, sorted(inside)) for id, inside in groups.items()),
        "repeats": sorted(map(sorted, repeats.values())),
        "people": sorted(
            (one.created_at, one.name, str(one.consented_at), str(one.consent_version))
            for one in db.scalars(select(Person))
        ),
        "versions": [
            version_contents(db, one, there)
            for one in db.scalars(select(DatasetVersion).order_by(DatasetVersion.created_at))
        ],
        "runs": [run_contents(db, one, there) for one in db.scalars(select(Run).order_by(Run.created_at))],
        "filters": [
            (
                one.name,
                one.view,
                db.get_one(Tag, one.tag_id).name if one.tag_id else None,
                one.state,
                one.created_at,
            )
            for one in db.scalars(select(SavedFilter))
        ],
    }


class Named:
    """What stands for people, runs and photos wherever they are."""

    def __init__(self, people: Mapping[int, str], runs: Mapping[int, int], photos: Mapping[int, str]) -> None:
        self.people, self.runs, self.photos = people, runs, photos


def columns(row: Any, *left_out: str) -> dict[str, Any]:
    return {c.key: getattr(row, c.key) for c in type(row).__mapper__.column_attrs if c.key not in left_out}


def photo_contents(db: Session, photo: Photo, there: Named) -> dict[str, Any]:
    ids = ("id", "group_id", "repeat_id", "person_id", "uploaded_by", "completed_by", "tried_run_id")
    who = {name: there.people.get(getattr(photo, name)) for name in ids[3:6]}
    faces = db.scalars(select(Face).where(Face.photo_id == photo.id).order_by(Face.id))
    passes = db.scalars(select(DetectorPass).where(DetectorPass.photo_id == photo.id))
    on = select(Tag.name, Tagging.face_id).join(Tagging).where(Tagging.photo_id == photo.id)
    return {
        **columns(photo, *ids, "sent_at", "owner", "lease_until", "attempt"),
        **who,
        "tried": there.runs.get(photo.tried_run_id or 0),
        "bytes": hashlib.sha256(blobs().get(photo.blob)).hexdigest(),
        "faces": [face_contents(db, one, there) for one in faces],
        "passes": [columns(one, "photo_id") for one in passes],
        "tags": sorted((name, face is not None) for name, face in db.execute(on)),
    }


def face_contents(db: Session, face: Face, there: Named) -> dict[str, Any]:
    answers = db.scalars(select(Answer).where(Answer.face_id == face.id).order_by(Answer.id)).all()
    keys = {one.id: one.client_key for one in answers}
    notes = db.scalars(select(Comment).where(Comment.face_id == face.id).order_by(Comment.id)).all()
    texts = {one.id: one.text for one in notes}
    return {
        **columns(face, "id", "photo_id", "version", "decided_by"),
        "decided_by": there.people.get(face.decided_by or 0),
        "answers": [
            columns(one, "id", "face_id", "person_id", "run_id", "undoes_id")
            | {"who": there.people.get(one.person_id or 0), "run": there.runs.get(one.run_id or 0)}
            | {"undoes": keys.get(one.undoes_id or 0)}
            for one in answers
        ],
        "notes": [
            (
                one.text,
                one.created_at,
                one.resolved_at,
                there.people[one.person_id],
                texts.get(one.answers_id or 0),
            )
            for one in notes
        ],
    }


def version_contents(db: Session, version: DatasetVersion, there: Named) -> dict[str, Any]:
    photos = db.scalars(select(FrozenPhoto).where(FrozenPhoto.id.in_(unpack(version.photo_ids).tolist())))
    faces = db.scalars(select(FrozenFace).where(FrozenFace.id.in_(unpack(version.face_ids).tolist())))
    of = {one.id: there.photos[one.photo_id] for one in db.scalars(select(Face))}
    return {
        **columns(version, "id", "created_by", "photo_ids", "face_ids"),
        "by": there.people.get(version.created_by or 0),
        "photos": sorted((there.photos[one.photo_id], one.split, one.complete) for one in photos),
        "faces": sorted(
            (of[one.face_id], *map(str, columns(one, "id", "face_id").values())) for one in faces
        ),
        "runs": sorted(db.scalars(select(Run.seed).where(Run.version_id == version.id))),
    }


def run_contents(db: Session, run: Run, there: Named) -> dict[str, Any]:
    kept = (
        "recipe",
        "seed",
        "status",
        "phase",
        "backbone",
        "curve",
        "metrics",
        "log",
        "promoted",
        "created_at",
    )
    outcomes = db.scalars(select(Outcome).where(Outcome.run_id == run.id)).all()
    of = {one.face_id: there.photos[db.get_one(Face, one.face_id).photo_id] for one in outcomes}
    return {
        **{name: getattr(run, name) for name in kept},
        "learned": learned(db, run, there),
        "outcomes": [(of[one.face_id], one.part, one.truth, one.probabilities) for one in outcomes],
    }


def learned(db: Session, run: Run, there: Named) -> list[Any]:
    """The rows of the manifest, by photos."""
    if run.manifest is None:
        return []
    rows = json.loads(blobs().get(run.manifest))["rows"]
    assert all(db.get_one(Face, row[0]).photo_id == row[7] for row in rows)
    assert all(db.get_one(Photo, row[7]).group_id == row[4] for row in rows)
    return [[there.photos[row[7]], there.people.get(row[6]), *row[1:4], *row[5:6], *row[8:]] for row in rows]

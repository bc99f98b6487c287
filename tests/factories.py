"""Rows for tests: photos, faces, answers, scores and runs."""

from datetime import timedelta

from sqlalchemy.orm import Session

from db.base import now
from db.models import (
    Artifact,
    DatasetVersion,
    Embedding,
    Face,
    Group,
    Lease,
    Person,
    Photo,
    Run,
    Score,
    Workbench,
)
from db.storage import blobs
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.people import credentials, invites, people
from labeller.photos import renditions
from labeller.photos.box import Box
from labeller.uploads import intake
from tests.pictures import jpeg, portrait
from trainer.data import dataset


def add_faces(db: Session, count: int, split: str = "train") -> list[Face]:
    """A ready photo with `count` proposed faces; commits."""
    group = Group(split=split)
    db.add(group)
    db.flush()
    photo = Photo(
        sha256=f"hash {group.id}", blob="blob", view_blob="view", width=400, height=300, dhash=bytes(32),
        group_id=group.id, status="ready",
    )  # fmt: skip
    db.add(photo)
    db.flush()
    faces = [
        Face(photo_id=photo.id, x=10.0 * i, y=20, w=50, h=60, proposed_box=[10.0 * i, 20, 50, 60],
             source="centerface", confidence=0.99)
        for i in range(count)
    ]  # fmt: skip
    db.add_all(faces)
    db.commit()
    return faces


def draw_face(db: Session, person: Person, photo: Photo, box: Box, label: str | None = None) -> Face:
    """A face that `person` drew by hand."""
    answer = AnswerInput(f"draw {photo.id} {box}", "draw", photo_id=photo.id, box=box, label=label)
    return record_answer(db, person, answer)[0].face


def add_second_answer(db: Session, person: Person, face: Face, label: str) -> None:
    """A second answer by somebody who did not see the first."""
    face.opinions_wanted = 2
    db.flush()
    db.merge(
        Lease(
            face_id=face.id,
            person_id=person.id,
            seen_at=now(),
            until=now() + timedelta(minutes=1),
            blind=True,
        )
    )
    record_answer(db, person, AnswerInput(f"second {face.id}", "label", face.id, label))


def add_live_run(db: Session) -> Run:
    """A finished run that is live; its finish time lies in the future, so that no answer is newer."""
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", finished_at=now() + timedelta(minutes=1))
    db.add(run)
    db.flush()
    db.add(Workbench(id=1, live_run_id=run.id))
    db.flush()
    return run


def add_score(db: Session, run: Run, face: Face, mask: float) -> None:
    """The probability `mask` that a run gives to the class `mask`."""
    label = "mask" if mask >= 0.5 else "nomask"
    db.add(
        Score(run_id=run.id, face_id=face.id, box_version=face.box_version, probabilities=[mask, 1 - mask],
              label=label, margin=abs(2 * mask - 1))
    )  # fmt: skip
    db.flush()


def add_labelled_photo(db: Session, person: Person | None, seed: int, by: Person | None = None) -> Face:
    """A photo with one face that is embedded, leased and labelled; commits."""
    owner = people.owner(db)
    photo = intake.receive(db, jpeg(portrait(seed, seed % 2 == 1)), by or person, person).photo
    photo.status = "ready"
    face = draw_face(db, owner, photo, (10, 10, 80, 90), "mask" if seed % 2 else "nomask")
    db.add(Embedding(face_id=face.id, box_version=1, backbone="b", view=0, vector=b"vector" * 10))
    db.add(Lease(face_id=face.id, person_id=owner.id, seen_at=now(), until=now()))
    db.commit()
    renditions.thumb(db, face)
    renditions.small(db, photo)
    return face


def add_invited_friend(db: Session, name: str) -> Person:
    """A friend with a token, who accepted an invite with a note of their name; commits."""
    secret, _ = invites.create_invite(db, "friend", terms=invites.Terms(note=f"for {name}"))
    person = invites.accept(db, secret, name, consented=True)
    credentials.issue_token(db, "friend", name)
    db.commit()
    return person


def add_run_trained_on(db: Session, faces: list[Face], live: bool = True) -> Run:
    """A finished run with the faces in its manifest, a model file and scores; commits."""
    rows = tuple(
        dataset.Row(face.id, 1, 1, "train", 1, face.box, None, face.photo_id, "human", None) for face in faces
    )
    manifest = blobs().put(dataset.Dataset(rows, (1, 2)).manifest())
    run = Run(
        recipe={}, seed=0, classes=[1, 2], status="done", manifest=manifest,
        head={"kernel": [], "bias": []},
    )  # fmt: skip
    db.add(run)
    db.flush()
    model = blobs().put(f"keras {manifest}".encode())
    db.add(Artifact(run_id=run.id, form="keras", blob=model, signature=""))
    for face in faces:
        db.add(
            Score(run_id=run.id, face_id=face.id, box_version=1, probabilities=[1, 0], label="mask", margin=1)
        )
    if live:
        db.merge(Workbench(id=1, live_run_id=run.id))
    db.commit()
    return run


def add_finished_run_on(db: Session, version: DatasetVersion) -> Run:
    """A finished run that learned from a version; commits."""
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", version_id=version.id, finished_at=now())
    db.add(run)
    db.commit()
    return run


def fill_in_results(run: Run, **changes: object) -> None:
    """The metrics, recipe and curve that a finished run has; `changes` go into the metrics."""
    run.metrics = {"locked": None, "cross_validated": None} | changes
    reasons = {"locked_reason": [{"text": "Too small.", "values": {}}], "cross_validated_reason": None}
    run.metrics |= reasons
    run.metrics |= {"train": {"n": 40, "people": 20, "photos_without_person": 2}, "seconds": {"fit": 1.2}}
    run.manifest, run.backbone, run.started_at = "m" * 64, "b" * 64, now()
    run.recipe = {"preset": "quick", "views": 4}
    run.curve = [
        {"epoch": n, "loss": 1 / n, "accuracy": 0.9, "validation_loss": 1.1 / n, "validation_accuracy": 0.8}
        for n in range(1, 6)
    ]

"""A workbench with something of everything that an archive holds, and another one it moves to."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from db import classes
from db.base import Base, now
from db.models import (
    Answer,
    DetectorPass,
    Face,
    Group,
    Outcome,
    Person,
    Photo,
    Run,
)
from db.settings import settings
from db.storage import blobs
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.comments import write as comments
from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import EVERYTHING, Selection
from labeller.exports.archive_contents import ArchiveContents
from labeller.formats.walk import walk
from labeller.imports.check import check
from labeller.imports.dataset import Wanted, opened
from labeller.imports.report import Report
from labeller.imports.run import import_records
from labeller.imports.take import Importer
from labeller.people import consent, people
from labeller.reports.gallery import Filter
from labeller.uploads import intake
from tests.factories import fill_in_results
from tests.pictures import jpeg


def fill(db: Session) -> None:
    """Photos of three people and of nobody, with every kind of answer, and a finished run; commits."""
    owner, anna, ben = (
        people.owner(db),
        *(people.new_person(db, name, "friend") for name in ("Anna", "Ben")),
    )
    labeller = people.new_person(db, "Lea", "labeller")
    consent.agree(db, anna)
    run = add_run(db)
    photos = [receive(db, number, person) for number, person in enumerate([anna, anna, ben, None, labeller])]
    faces = [add_proposal(db, photo) for photo in photos]
    answer_everything(db, owner, labeller, faces)
    photos[0].completed_at, photos[0].completed_by = now(), owner.id
    photos[3].tried_run_id = run.id
    for split, photo in zip(
        ("train", "validation", "locked"), (photos[0], photos[2], photos[3]), strict=True
    ):
        db.get_one(Group, photo.group_id).split = split
    put_words(db, owner, photos, faces)
    add_results(db, run, photos, faces)
    db.commit()
    version = versions.make(db, "May", EVERYTHING, owner, "Before the summer")
    run.version_id = version.id
    db.commit()
    tags.put_on(db, tags.find_or_add(db, "Für später"), tags.Targets(photos=[photos[2].id]))
    photos[4].completed_at = now()
    db.commit()
    versions.make(db, "June", EVERYTHING, None)
    db.commit()


def receive(db: Session, number: int, person: Person | None) -> Photo:
    rough = np.random.default_rng(number).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(rough).resize((160, 160), Image.Resampling.BICUBIC)
    photo = intake.receive(db, jpeg(picture), people.owner(db), person).photo
    photo.status = "ready"
    db.commit()
    return photo


def add_proposal(db: Session, photo: Photo) -> Face:
    box = [10.5, 12.0, 80.25, 90.0]
    one = Face(
        photo_id=photo.id, x=box[0], y=box[1], w=box[2], h=box[3], proposed_box=box, source="centerface",
        confidence=0.87, confirmed_by=["mtcnn"], keypoints={"nose": [40, 50]},
    )  # fmt: skip
    db.add_all(
        [one, DetectorPass(photo_id=photo.id, detector="centerface", seconds=0.2, boxes=[[*box, 0.87]])]
    )
    db.commit()
    return one


def answer_everything(db: Session, owner: Person, labeller: Person, faces: list[Face]) -> None:
    def say(key: str, kind: str, index: int = 0, who: Person = owner, **more: Any) -> None:
        face_id = None if kind in ("undo", "redo") else faces[index].id
        record_answer(db, who, AnswerInput(key, kind, face_id, seconds=1.5, **more))
        db.commit()

    say("a", "label", label="mask")
    say("b", "adjust", box=(8, 9, 100, 101))
    say("c", "label", 1, label="nomask")
    say("d", "undo")
    say("e", "redo")
    say("f", "reject", 2)
    say("g", "undo")
    say("h", "unsure", 3, labeller)
    say("i", "reject", 4, labeller)
    drawn = AnswerInput("j", "draw", photo_id=faces[0].photo_id, box=(100, 100, 40, 40), label="mask")
    record_answer(db, labeller, drawn)
    db.commit()


def put_words(db: Session, owner: Person, photos: list[Photo], faces: list[Face]) -> None:
    tag = tags.find_or_add(db, "Für später")
    tags.put_on(db, tag, tags.Targets(photos=[photos[1].id], faces=[faces[0].id]))
    note = comments.add_comment(db, owner, faces[1].id, "Is that a mask?\nOr a scarf?")
    comments.add_comment(db, owner, faces[1].id, "A scarf.", note.id)
    comments.resolve(db, owner, note.id)
    saved_filters.save(db, "Hard ones", Selection("faces", Filter(tag=tag.id, label="mask")))


def add_run(db: Session) -> Run:
    run = Run(
        recipe={"preset": "quick"}, seed=7, classes=[1, 2], status="done", phase="done", progress=1.0,
        backbone="b" * 64, head={"kernel": [], "bias": []}, promoted=True, finished_at=now(),
        log=[[0.1, "%(name)s: few", {"name": {"class": 2}}]],
    )  # fmt: skip
    fill_in_results(run, per_class={"1": {"n": 1}, "2": {"n": 2}})
    run.manifest = None
    db.add(run)
    db.commit()
    return run


def add_results(db: Session, run: Run, photos: list[Photo], faces: list[Face]) -> None:
    rows = [
        [face.id, face.box_version, 1, "train", photo.group_id, face.proposed_box, photo.person_id, photo.id]
        for face, photo in zip(faces[:2], photos, strict=False)
    ]
    content = {"version": 2, "classes": [1, 2], "rows": [[*row, "centerface", 0.87, False] for row in rows]}
    run.manifest = blobs().put(json.dumps(content, separators=(",", ":")).encode())
    group = photos[1].group_id
    db.add(
        Outcome(run_id=run.id, face_id=faces[1].id, part="fold", truth=2, label=1, probabilities=[0.7, 0.3],
                label_probability=0.3, group_id=group)
    )  # fmt: skip
    db.execute(update(Answer).where(Answer.client_key == "a").values(run_id=run.id))


def move_house(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty workbench of somebody else, in the same place. Ids go on, but for those of classes."""
    db.rollback()
    db.execute(update(Person).values(merged_into_id=None, invite_id=None))
    for table in reversed(Base.metadata.sorted_tables):
        db.execute(delete(table))
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("""SELECT setval(pg_get_serial_sequence('"class"', 'id'), 1, false)"""))
    db.commit()
    db.expunge_all()
    for key in [key for key, _ in blobs().list_keys()]:
        blobs().delete(key)
    monkeypatch.setenv("SECRET_KEY", hashlib.sha256(settings().signing_key().encode()).hexdigest())
    settings.cache_clear()
    classes.add_missing(db)


def write(db: Session, folder: Path, *, names: bool = True) -> Path:
    """An archive of everything in a folder."""
    scratch = folder.with_name(f"{folder.name}-scratch")
    scratch.mkdir(parents=True)
    for entry in ArchiveContents(db, scratch, names=names).entries(lambda _: None):
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.content if isinstance(entry.content, bytes) else b"".join(entry.content))
    scratch.rmdir() if not any(scratch.iterdir()) else None
    return folder


def bring(db: Session, folder: Path) -> Report:
    """Import the archive as the owner."""
    owner, report = people.owner(db), Report()
    db.commit()
    with opened(db, Wanted(folder, None, {}), lambda _: None) as dataset:
        assert dataset.format.name == "archive"
        check(db, dataset, lambda _: None, Report())
        importer = Importer(db, dataset, owner, None, report)
        import_records(dataset, importer, report, lambda *_: db.commit())
    return report


def files_of(folder: Path) -> list[str]:
    return sorted(walk(folder).files)

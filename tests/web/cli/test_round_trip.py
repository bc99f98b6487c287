"""What `flask export` writes, `flask import` reads again: boxes, labels, rejected boxes, people, tags."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Face, Group, Person, Photo, Tag, Tagging
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.datasets import tags
from labeller.people import people
from tests.factories import add_labelled_photo, draw_face

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("db", ["sqlite"], indirect=True)]

Row = tuple[str | None, tuple[float, ...], str, str | None]


def fill(db: Session) -> None:
    """Two photos of Ada, the second with a rejected box, both with tags; commits."""
    ada, owner = people.new_person(db, "Ada", "friend"), people.owner(db)
    first, second = (add_labelled_photo(db, ada, seed).photo for seed in (1, 2))
    rejected = draw_face(db, owner, second, (200, 100, 41, 52))
    record_answer(db, owner, AnswerInput("no", "reject", rejected.id))
    unlabelled = draw_face(db, owner, first, (250, 60, 33, 44))
    tag = tags.find_or_add(db, "hat")
    tags.put_on(db, tag, tags.Targets([first.id], [unlabelled.id]))
    first.import_path, second.import_path = "a/first.jpg", "b/second.jpg"
    db.commit()


def faces(db: Session) -> list[Row]:
    """Photo, box, state and label of each face; a drawn one without a label is a face, too."""
    rows = db.execute(select(Face, Photo.import_path).join(Face.photo)).tuples()
    return sorted(
        (
            path and Path(path).stem,
            tuple(round(side) for side in face.box),
            "confirmed" if face.state == "proposed" and face.source == "human" else face.state,
            face.label,
        )
        for face, path in rows
    )


@pytest.mark.parametrize("format", ["coco", "csv", "yolo", "voc", "labelstudio", "cvat", "widerface"])
def test_a_format_brings_back_what_it_took(
    app: Flask, db: Session, tmp_path_factory: pytest.TempPathFactory, format: str
) -> None:
    fill(db)
    before, splits = faces(db), sorted(db.scalars(select(Group.split).join(Photo)))
    out = tmp_path_factory.mktemp("place") / "out"
    runner = app.test_cli_runner()
    written = runner.invoke(args=["export", str(out), "--format", format, "--names"])
    assert written.exit_code == 0, written.output
    for table in (Tagging, Tag, Photo, Group):
        db.execute(delete(table))
    db.execute(delete(Person).where(Person.name == "Ada"))
    db.commit()
    read = runner.invoke(args=["import", str(out), "--format", format])
    assert read.exit_code == 0, read.output
    db.expire_all()
    assert faces(db) == before
    assert {photo.person and photo.person.name for photo in db.scalars(select(Photo))} == {"Ada"}
    assert sorted(db.scalars(select(Group.split).join(Photo))) == splits
    found = db.execute(select(Tag.name, Tagging.part > 0).join(Tag)).tuples()
    assert sorted(found) == [("hat", False), ("hat", True)]

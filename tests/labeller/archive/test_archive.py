"""An archive from one workbench to another: everything comes back, merges, and is safe to repeat."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Answer, Class, DatasetVersion, Face, Person, Photo, Run
from db.storage import blobs
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.erasure.mark import mark_person
from labeller.errors import BadExport
from labeller.exports import known_formats
from labeller.exports.archive_contents import ArchiveContents
from labeller.people import people
from tests.labeller.archive.contents import contents
from tests.labeller.archive.workbenches import bring, files_of, fill, move_house, write

pytestmark = pytest.mark.slow


def counts(db: Session) -> list[int]:
    tables = (Photo, Face, Answer, Person, Run)
    return [db.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


def said(report, remark: str) -> list[str]:  # type: ignore[no-untyped-def]
    return [one.problem.message for one in report.pending if one.problem.remark == remark]


def proposal(db: Session, number: int) -> Face:
    """The detector's box in one of the photos, in their order."""
    photo = db.scalars(select(Photo.id).order_by(Photo.id)).all()[number]
    query = select(Face).where(Face.photo_id == photo, Face.source == "centerface")
    return db.scalars(query.execution_options(populate_existing=True)).one()


def test_everything_comes_back_in_an_empty_workbench(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db)
    before = contents(db)
    folder = write(db, tmp_path / "a")
    move_house(db, monkeypatch)
    report = bring(db, folder)
    after = contents(db)
    newcomer = people.owner(db)
    after["people"] = [one for one in after["people"] if one[0] != newcomer.created_at]
    for part, was in before.items():
        assert after[part] == was, part
    assert (report.counts["new"], report.counts["known"], report.counts["conflict"]) == (5, 0, 0)
    assert said(report, "note") == ["was an owner there, and is a labeller here"]
    run = db.scalars(select(Run)).one()
    assert (run.head, run.dropped_at is not None) == (None, True), "no model comes with an archive"


def test_again_it_changes_nothing(db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db)
    folder = write(db, tmp_path / "a", names=False)
    at_home = contents(db), counts(db)
    report = bring(db, folder)
    assert (contents(db), counts(db)) == at_home, "into the workbench that made it"
    assert (report.counts["known"], report.counts["conflict"]) == (5, 0)
    move_house(db, monkeypatch)
    bring(db, folder)
    first = contents(db), counts(db)
    report = bring(db, folder)
    assert (contents(db), counts(db)) == first
    assert (report.counts["new"], report.counts["known"], report.counts["faces"]) == (0, 5, 0)


def test_without_names_there_are_none(db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db)
    folder = write(db, tmp_path / "a", names=False)
    text = "".join((folder / name).read_text() for name in files_of(folder) if name.endswith("jsonl"))
    assert not any(name in text for name in ("Anna", "Ben", "Lea"))
    move_house(db, monkeypatch)
    bring(db, folder)
    names = db.scalars(select(Person.name).where(Person.origin.is_not(None))).all()
    assert sorted(names) == ["person-1", "person-2", "person-3", "person-4"]
    friends = db.scalars(select(Person).where(Person.role == "friend")).all()
    assert sorted(one.consented_at is not None for one in friends) == [False, True]


def test_every_file_is_listed_with_its_checksum(db: Session, tmp_path: Path) -> None:
    fill(db)
    folder = write(db, tmp_path / "a")
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert sorted([name for _, name in lines] + ["SHA256SUMS"]) == files_of(folder)
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for digest, name in lines)


def test_answers_of_two_workbenches_come_together(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db)
    old = write(db, tmp_path / "old")
    owner = people.owner(db)
    record_answer(db, owner, AnswerInput("later", "label", proposal(db, 0).id, "nomask"))
    record_answer(db, owner, AnswerInput("third", "label", proposal(db, 2).id, "mask"))
    db.commit()
    new = write(db, tmp_path / "new")
    move_house(db, monkeypatch)
    bring(db, old)
    here = people.owner(db)
    record_answer(db, here, AnswerInput("mine", "label", proposal(db, 2).id, "nomask"))
    db.commit()
    report = bring(db, new)
    first = proposal(db, 0)
    assert (first.label, first.disputed) == ("nomask", False), "who changed their mind did so"
    assert proposal(db, 2).disputed, "two people differ"
    assert any("it is disputed" in one for one in said(report, "conflict"))
    again = bring(db, new)
    assert (again.counts["faces"], again.counts["conflict"]) == (0, 0)


def test_a_split_that_is_here_wins(db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db)
    folder = write(db, tmp_path / "a")
    move_house(db, monkeypatch)
    bring(db, folder)
    photo = db.scalars(select(Photo).order_by(Photo.id)).first()
    assert photo is not None
    photo.group.split = "validation"
    db.commit()
    report = bring(db, folder)
    conflicts = said(report, "conflict")
    assert conflicts == ["is for “train” in the archive, and stays in “validation” here"] * 2
    assert photo.group.split == "validation"


def test_classes_go_by_name(db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db)
    folder = write(db, tmp_path / "a")
    move_house(db, monkeypatch)
    one, two = db.scalars(select(Class).order_by(Class.id)).all()
    one.name, two.name = "swap", "mask"
    db.flush()
    one.name = "NoMask"
    db.commit()
    bring(db, folder)
    labels = db.scalars(select(Face.label).where(Face.label.is_not(None)).order_by(Face.id)).all()
    assert labels == ["mask", "mask", "NoMask"]
    run = db.scalars(select(Run)).one()
    assert run.classes == [two.id, one.id]
    assert run.metrics is not None
    assert run.metrics["per_class"] == {str(two.id): {"n": 1}, str(one.id): {"n": 2}}
    assert run.log[0][2] == {"name": {"class": one.id}}


def test_who_is_being_deleted_is_left_out(db: Session, tmp_path: Path) -> None:
    fill(db)
    anna = db.scalars(select(Person).where(Person.name == "Anna")).one()
    mark_person(db, anna, people.owner(db))
    db.commit()
    folder = write(db, tmp_path / "a")
    text = "".join((folder / name).read_text() for name in files_of(folder) if name.endswith("jsonl"))
    assert "Anna" not in text
    assert len([name for name in files_of(folder) if name.startswith("photos/")]) == 3


def test_who_was_deleted_here_does_not_come_back(db: Session, tmp_path: Path) -> None:
    fill(db)
    folder = write(db, tmp_path / "a")
    anna = db.scalars(select(Person).where(Person.name == "Anna")).one()
    mark_person(db, anna, people.owner(db))
    db.commit()
    report = bring(db, folder)
    assert report.counts["known"] == 3
    assert said(report, "skipped").count("is of somebody who was deleted here") == 2


def test_a_picture_that_is_gone_is_counted(db: Session, tmp_path: Path) -> None:
    fill(db)
    photo = db.scalars(select(Photo).order_by(Photo.id)).first()
    assert photo is not None
    blobs().delete(photo.blob)
    (tmp_path / "scratch").mkdir()
    archive = ArchiveContents(db, tmp_path / "scratch", names=False)
    paths = [entry.path for entry in archive.entries(lambda _: None)]
    assert (archive.report.missing, archive.report.photos, len(archive.photo_ids)) == (1, 4, 4)
    assert sum(path.startswith("photos/") for path in paths) == 4


def test_an_archive_is_of_everything(db: Session) -> None:
    with pytest.raises(BadExport, match="whole workbench"):
        known_formats.require_whole(known_formats.find("archive"), {"filter": {"label": "mask"}})
    with pytest.raises(BadExport, match="cannot hold crops"):
        known_formats.find("archive", crops=True)


def test_a_version_of_a_name_that_is_taken_has_another(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db)
    folder = write(db, tmp_path / "a")
    move_house(db, monkeypatch)
    bring(db, folder)
    for version in db.scalars(select(DatasetVersion)):
        version.created_at += timedelta(days=1)
    db.commit()
    report = bring(db, folder)
    names = sorted(db.scalars(select(DatasetVersion.name)))
    assert [name.split(" (")[0] for name in names] == ["June", "June", "May", "May"]
    assert [one.split(";")[0] for one in said(report, "conflict")] == ["there is another one here"] * 2

"""`flask import` of a folder, an archive and a label file: what it says, and how it ends."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Face, Person, Photo
from labeller.imports import workspace
from tests.labeller.imports import tiny_format
from tests.labeller.imports.archive_files import make_zip
from tests.labeller.imports.tiny_format import LABELS, face, write
from web.cli.photos import LEFT_OUT

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_format.register(monkeypatch)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    photos = [{"name": "a.jpg", "faces": [face([10, 10, 40, 50], "With Mask")]}, {"name": "b.jpg"}]
    return write(tmp_path_factory.mktemp("place") / "set", photos)


def run(app: Flask, *args: object, code: int = 0) -> tuple[str, str]:
    done = app.test_cli_runner().invoke(args=["import", *map(str, args)])
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def count(db: Session, table: type[Photo | Face]) -> int:
    return db.scalar(select(func.count()).select_from(table)) or 0


def test_a_folder_is_imported_and_importing_again_adds_nothing(app: Flask, db: Session, folder: Path) -> None:
    out, said = run(app, folder, "--map", "With Mask=mask", "--person", "Ada")
    assert "2 new photos, 0 known already, 1 face taken; 0 left out, 0 in conflict." in out
    assert "Format: Tiny." in said
    assert db.scalars(select(Face.label)).all() == ["mask"]
    assert {one.person and one.person.name for one in db.scalars(select(Photo))} == {"Ada"}
    out, _ = run(app, folder, "--format", "coco", "--map", "With Mask=mask", "--person", "Ada")
    assert "0 new photos, 2 known already, 0 faces taken" in out
    assert (count(db, Photo), count(db, Face)) == (2, 1)


def test_names_that_are_no_classes_are_listed_and_nothing_is_written(
    app: Flask, db: Session, folder: Path
) -> None:
    _, said = run(app, folder, "--person", "Ada", code=1)
    assert "With Mask (1)" in said
    assert count(db, Photo) == 0
    assert db.scalars(select(Person).where(Person.name == "Ada")).all() == []


def test_what_is_left_out_is_named_with_its_place_and_tells_in_the_exit_code(
    app: Flask, db: Session, folder: Path
) -> None:
    (folder / "b.jpg").unlink()
    out, said = run(app, folder, "--map", "With Mask=mask", code=LEFT_OUT)
    assert "skipped: labels.json, photo 2: “b.jpg” is not among the pictures" in said
    assert "1 new photo," in out
    assert "1 left out" in out


def test_a_dry_run_checks_everything_and_writes_nothing(app: Flask, db: Session, folder: Path) -> None:
    (folder / "b.jpg").unlink()
    out, said = run(app, folder, "--map", "With Mask=mask", "--dry-run", code=LEFT_OUT)
    assert "1 photo could be imported." in out
    assert "b.jpg" in said
    assert count(db, Photo) == 0


def test_an_archive_and_a_label_file_are_imported_as_well(
    app: Flask, db: Session, data: Path, folder: Path
) -> None:
    files = {f"set/{one.name}": one.read_bytes() for one in folder.iterdir()}
    run(app, make_zip(folder.parent / "a.zip", files), "--map", "With Mask=mask")
    assert count(db, Photo) == 2
    out, _ = run(app, folder / LABELS, "--map", "With Mask=mask")
    assert "2 known already" in out
    assert list((data / workspace.FOLDER).iterdir()) == []


def test_a_hostile_archive_is_refused_in_one_line(app: Flask, db: Session, folder: Path) -> None:
    _, said = run(app, make_zip(folder.parent / "a.zip", {"../x": b"x"}), code=1)
    assert said.startswith("Error: The archive is refused, nothing of it was unpacked: '../x'")
    assert "Traceback" not in said


@pytest.mark.parametrize("args", [("--map", "mask"), ("--format", "exe"), ("--map", "x=hat")])
def test_options_that_make_no_sense_are_refused(
    app: Flask, db: Session, folder: Path, args: tuple[str, ...]
) -> None:
    done = app.test_cli_runner().invoke(args=["import", str(folder), *args])
    assert done.exit_code in (1, 2)
    assert count(db, Photo) == 0

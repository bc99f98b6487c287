"""`flask export` into a folder, into a zip file, again, and of crops."""

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Event, Photo
from db.storage import blobs
from tests.factories import add_labelled_photo
from tests.tiny_format import records, use_tiny
from trainer.features import crops

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny(monkeypatch)


@pytest.fixture
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("place") / "out"


def run(app: Flask, *args: object) -> str:
    done = app.test_cli_runner().invoke(args=["export", *map(str, args)])
    assert done.exit_code == 0, done.output
    return done.output


def refused(app: Flask, *args: object) -> str:
    done = app.test_cli_runner().invoke(args=["export", *map(str, args)])
    assert done.exit_code != 0
    return done.output


def test_a_folder_holds_photos_as_they_are_kept_and_again_writes_nothing(
    app: Flask, db: Session, out: Path
) -> None:
    photo = add_labelled_photo(db, None, 1).photo
    said = run(app, out, "--format", "tiny")
    assert "1 photo, 1 face (1 mask)." in said
    assert "cannot carry: answers" in said
    assert (out / "pictures" / "photo-1.jpg").read_bytes() == blobs().get(photo.blob)
    assert "1 file was there already" in run(app, out, "--format", "tiny")
    assert db.scalars(select(Event.kind).where(Event.kind == "export_written")).all()


def test_a_photo_deleted_since_is_deleted_from_the_folder(app: Flask, db: Session, out: Path) -> None:
    add_labelled_photo(db, None, 1)
    add_labelled_photo(db, None, 2)
    run(app, out, "--format", "tiny")
    db.delete(db.get_one(Photo, 1))
    db.commit()
    run(app, out, "--format", "tiny")
    assert [file.name for file in (out / "pictures").iterdir()] == ["photo-2.jpg"]


def test_a_zip_file_is_whole_and_new(app: Flask, db: Session, out: Path) -> None:
    add_labelled_photo(db, None, 1)
    add_labelled_photo(db, None, 2)
    file = out.with_suffix(".zip")
    run(app, file, "--format", "tiny", "--filter", "label=mask")
    assert list(records(ZipFile(file).read("records.json"))) == ["photo-1.jpg"]
    assert "is there already" in refused(app, file, "--format", "tiny")
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_makes_no_sense_is_refused_in_words(app: Flask, db: Session, out: Path) -> None:
    assert "no photos" in refused(app, out, "--format", "tiny")
    assert "no format" in refused(app, out, "--format", "papyrus")
    assert "FIELD=VALUE" in refused(app, out, "--format", "tiny", "--filter", "label")
    assert "no filter" in refused(app, out, "--format", "tiny", "--filter", "colour=red")
    add_labelled_photo(db, None, 1)
    foreign = out.with_name("foreign")
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    assert "something else" in refused(app, foreign, "--format", "tiny")


@pytest.mark.slow
def test_crops_are_those_that_the_trainer_sees(app: Flask, db: Session, out: Path) -> None:
    face = add_labelled_photo(db, None, 1)
    run(app, out, "--format", "tiny", "--crops")
    (file,) = (out / "crops").iterdir()
    seen = crops.crop(crops.decode(blobs().get(face.photo.blob)), face.box)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file.read_bytes()))), seen)

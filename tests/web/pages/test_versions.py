"""Versions on pages."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import DatasetVersion, Photo, Run
from labeller.datasets import tags, versions
from labeller.datasets.sources import EVERYTHING
from labeller.datasets.tags import Targets
from labeller.erasure import finish, mark
from labeller.people import people
from tests.clients import get_page, post_form, sign_in
from tests.labelled import add_labelled_faces
from tests.web.conftest import Client


def test_a_version_is_made_shown_trained_on_and_deleted(client: Client, db: Session) -> None:
    client("owner", "Grace")
    owner, faces = sign_in(client().application, people.owner(db)), add_labelled_faces(db, 20)
    assert "No versions yet" in get_page(owner, "/versions")
    tag = tags.find_or_add(db, "kept")
    tags.put_on(db, tag, Targets(faces=[face.id for face in faces[:2]]))
    db.commit()
    made = post_form(owner, "/versions", "/versions", name="First", note="as it began")
    page = get_page(owner, made.location)
    for words in ("has 20 photos and 20 boxes", "as it began", "Train on this version", "none used it yet"):
        assert words in page, words
    post_form(owner, "/versions", "/versions", name="Kept", source=f"tag:{tag.id}")
    assert re.findall(r"<b>(Kept|First)</b>", get_page(owner, "/versions")) == ["Kept", "First"]
    started = post_form(owner, "/versions", "/runs", version="1")
    assert "Learned from version “First”" in get_page(owner, started.location)
    assert "A version that a run used stays" in get_page(owner, "/versions/1")
    assert post_form(owner, "/versions", "/versions/1", do="delete").status_code == 409
    assert post_form(owner, "/versions", "/versions/2", do="rename", name="Other").status_code == 302
    gone = post_form(owner, "/versions", "/versions/2", do="delete")
    assert "The version is deleted" in get_page(owner, gone.location)
    assert post_form(owner, "/versions", "/versions", name="Odd", source="odd:1").status_code == 404


def test_two_versions_side_by_side_and_what_is_deleted(client: Client, db: Session) -> None:
    faces = add_labelled_faces(db, 10)
    owner = client("owner", "Grace")
    assert "There must be two versions" in get_page(owner, "/versions/compare")
    for name in ("First", "Second"):
        versions.make(db, name, EVERYTHING, people.owner(db))
        faces[0].label = "nomask"
        db.flush()
    db.commit()
    page = get_page(owner, "/versions/compare?one=1&other=2")
    assert "Relabelled 1, the same 9." in page
    assert "mask → nomask" in page
    assert "None." in get_page(owner, "/versions/compare?one=1&other=2&kind=added")
    assert "Both have the same 10 faces." in get_page(owner, "/versions/compare?one=2&other=2")
    mark.mark_photos(db, Photo.id == faces[0].photo_id, None)
    db.commit()
    finish.finish_pending(db)
    assert "1 photo of it with 1 boxes has been deleted since" in get_page(owner, "/versions/1")
    page = get_page(owner, "/versions/compare?one=1&other=2")
    assert "Both have the same 9 faces." in page
    assert "has been deleted since" in page


def test_what_runs_collected_stands_apart(client: Client, db: Session) -> None:
    add_labelled_faces(db, 4)
    version = versions.make(db, "x", EVERYTHING, None)
    version.name = version.key = None
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", version_id=version.id)
    db.add(run)
    db.commit()
    labeller = client("labeller", "Bob")
    assert "No versions yet" in get_page(labeller, "/versions")
    page = get_page(labeller, "/versions?made_by=run")
    assert f'href="/runs/{run.id}"' in page
    assert "Make version" not in page
    assert "The version that it collected" in get_page(labeller, f"/runs/{run.id}")
    assert db.scalars(select(DatasetVersion)).one().name is None

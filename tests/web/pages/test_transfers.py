"""The page of exports: making one, following it, downloading and deleting it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import Export
from labeller.datasets import versions
from labeller.datasets.sources import Selection
from labeller.exports.make import make
from labeller.people import people
from tests.clients import get_page, post_form, sign_in
from tests.factories import add_labelled_photo
from tests.tiny_format import use_tiny

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny(monkeypatch)


@pytest.fixture
def owner(app: Flask, db: Session) -> FlaskClient:
    client = sign_in(app, people.owner(db))
    add_labelled_photo(db, people.new_person(db, "Ada", "friend"), 1)
    return client


def test_an_owner_makes_a_file_and_downloads_it(db: Session, owner: FlaskClient) -> None:
    page = get_page(owner, "/export")
    assert "All photos" in page
    assert "Photos with “mask”" in page
    assert post_form(owner, "/export", "/export", format="tiny").status_code == 302
    assert "It waits for a worker" in get_page(owner, "/export")
    make(db, 1, 0, "transfers@here", lambda stored, boxes: [])
    listed = owner.get("/export/list")
    assert "1 photo, 1 face (1 mask)" in re.sub(r"\s+", " ", listed.text)
    assert "answers" in listed.text
    assert owner.get("/export/list", headers={"If-None-Match": listed.headers["ETag"]}).status_code == 304
    link = re.search(r'class="button" href="([^"]+/file)"', listed.text)
    assert link is not None
    assert owner.get(link[1]).data[:2] == b"PK"


def test_the_filter_of_the_form_is_what_is_asked_for(db: Session, owner: FlaskClient) -> None:
    form = {"format": "tiny", "source": "label=mask", "person": "2", "since": "2026-01-01", "names": "on"}
    assert post_form(owner, "/export", "/export", **form).status_code == 302
    export = db.scalars(select(Export)).one()
    assert export.source == {"filter": {"label": "mask", "person": 2, "since": "2026-01-01"}}
    assert (export.names, export.crops) == (True, False)


def test_the_gallery_leads_here_with_its_filter(owner: FlaskClient) -> None:
    gallery = get_page(owner, "/gallery?state=confirmed&label=mask&person=2&view=faces")
    link = re.search(r'href="(/export[^"]*)"', gallery.partition('class="button export"')[2])
    assert link is not None
    page = get_page(owner, link[1].replace("&amp;", "&").removesuffix("#make"))
    assert '<option value="state=confirmed&amp;label=mask" selected>As filtered in the gallery' in page
    assert '<option value="2" selected>Ada' in page


def test_what_cannot_be_made_is_said_on_the_page(owner: FlaskClient) -> None:
    for form, words in (
        ({"format": "tiny", "source": "label=nomask"}, "no photos"),
        ({"format": "papyrus"}, "no format"),
        ({"format": "tiny", "source": "colour=red"}, "no filter"),
    ):
        answer = post_form(owner, "/export", "/export", **form)
        assert (answer.status_code, words in answer.text) == (400, True), answer.text


def test_an_export_is_stopped_and_removed(db: Session, owner: FlaskClient) -> None:
    post_form(owner, "/export", "/export", format="tiny")
    assert post_form(owner, "/export", "/export/1/cancel").status_code == 302
    assert "stopped" in get_page(owner, "/export")
    assert post_form(owner, "/export", "/export/1/delete").status_code == 302
    assert "Remove from list" not in get_page(owner, "/export")


def test_why_a_file_is_gone_is_said(db: Session, owner: FlaskClient) -> None:
    post_form(owner, "/export", "/export", format="tiny")
    make(db, 1, 0, "transfers@here", lambda stored, boxes: [])
    db.execute(update(Export).values(file=None, gone="erased"))
    db.commit()
    page = get_page(owner, "/export")
    assert "Something in it was deleted since" in page
    assert "/file" not in page


def test_a_version_leads_here_and_is_chosen(db: Session, owner: FlaskClient) -> None:
    version = versions.make(db, "May", Selection("photos"), people.owner(db))
    db.commit()
    assert f"/export?version={version.id}#make" in get_page(owner, "/versions")
    page = get_page(owner, f"/export?version={version.id}")
    assert f'<option value="version={version.id}" selected>Version: May' in page
    sent = {"format": "tiny", "source": f"version={version.id}"}
    assert post_form(owner, "/export", "/export", **sent).status_code == 302
    assert db.scalars(select(Export.source)).one() == {"version": version.id}
    assert "Version: May" in get_page(owner, "/export/list")

"""No request, however odd, is answered with a fault of ours: every route meets every odd value."""

import inspect
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Photo
from labeller.answers import class_edits
from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import EVERYTHING
from labeller.people import credentials, invites, people
from tests import odd_values
from tests.factories import add_labelled_photo, add_run_trained_on, fill_in_results
from web.api import run_schemas, schemas
from web.input import MAX_ID
from web.pages.map import Region

LEAVE_OUT = ("mine.erase", "auth.sign_out", "runs.stream")
"""The first two end the session; a stream ends only with its run."""
QUERY = """
    id before after person state label look since until view one other limit cursor mode of
    reject_left reason run annotated
"""
FORM = """
    id answer seen_at back batch name to what into uses days note role likely hidden only nightly
    nightly_hour train_after preset seed views learning_rate degrees reason from consent person
"""
Send = Callable[..., int]
ON_POSTGRES = pytest.mark.parametrize("db", ["postgres"], indirect=True)
"""It refuses more values than SQLite, which the shorter tests try each time."""


@pytest.fixture
def ids(db: Session) -> dict[str, Any]:
    """Rows that exist, so that an odd value is not stopped by a missing row before it."""
    owner, ada = people.owner(db), people.new_person(db, "Ada", "friend")
    face = add_labelled_photo(db, ada, 1)
    run = add_run_trained_on(db, [face])
    manifest = run.manifest
    fill_in_results(run)
    run.manifest, run.finished_at = manifest, now()
    _, invite = invites.create_invite(db, "friend")
    class_edits.add(db, "chin", owner)
    db.flush()
    tag = tags.find_or_add(db, "night")
    saved = saved_filters.save(db, "Everything", EVERYTHING)
    version = versions.make(db, "First", EVERYTHING, owner)
    event = db.scalars(select(Event).order_by(Event.id.desc())).first()
    assert event is not None
    db.commit()
    photo = db.get_one(Photo, face.photo_id)
    return {
        **{"photo_id": photo.id, "face_id": face.id, "run_id": run.id, "other_id": run.id},
        **{"person_id": ada.id, "event_id": event.id, "invite_id": invite.id, "sha256": "0" * 64, "part": 0},
        **{"tag_id": tag.id, "filter_id": saved.id, "version_id": version.id},
        **{"secret": "x", "name": "sha2.js", "filename": "styles/base.css", "ending": "keras"},
    }


@pytest.fixture
def send(app: Flask, db: Session) -> Iterator[Send]:
    """Sends as the owner and returns the status; fails at the end, naming every request that we failed."""
    token, _ = credentials.issue_token(db, "owner", "Grace")
    db.commit()
    client, faults = app.test_client(), []
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"

    def open_(path: str, method: str = "GET", **options: Any) -> int:
        response = client.open(path, method=method, **options)
        if response.status_code >= 500 and response.status_code != 503:
            faults.append((method, path[:80], str(options)[:160], response.status_code))
        return response.status_code

    yield open_
    assert faults == []


def read_by(app: Flask, endpoint: str, names: str) -> list[str]:
    """Those of the names that the view's module may read; for any other each value would be the same."""
    source = inspect.getsource(inspect.getmodule(inspect.unwrap(app.view_functions[endpoint])))
    return [name for name in names.split() if f'"{name}"' in source or "query_data" in source]


@pytest.mark.slow
def test_every_part_of_every_path(app: Flask, send: Send, ids: dict[str, Any]) -> None:
    for rule, method in odd_values.calls(app, LEAVE_OUT):
        for name in rule.arguments:
            for value in ("0", str(MAX_ID + 1), "9" * 30, "%00"):
                path = odd_values.address(rule, ids, **{name: value})
                status = send(path, method)
                if f"<int:{name}>" in rule.rule:  # 405: a page with that path takes another method
                    assert status in (404, 405), path


@pytest.mark.slow
@pytest.mark.full_size
@ON_POSTGRES
@pytest.mark.parametrize("value", odd_values.IN_PATHS)
def test_every_part_of_every_path_with_everything(
    app: Flask, send: Send, ids: dict[str, Any], value: str
) -> None:
    for rule, method in odd_values.calls(app, LEAVE_OUT):
        for name in rule.arguments:
            send(odd_values.address(rule, ids, **{name: value}), method)


@pytest.mark.slow
def test_every_query(app: Flask, send: Send, ids: dict[str, Any]) -> None:
    for rule, method in odd_values.calls(app, LEAVE_OUT):
        if method == "GET":
            for value in ("9" * 30, "9999-12-31"):
                send(odd_values.address(rule, ids), query_string=dict.fromkeys(QUERY.split(), value))


@pytest.mark.slow
@pytest.mark.full_size
@ON_POSTGRES
def test_every_query_with_everything(app: Flask, send: Send, ids: dict[str, Any]) -> None:
    for rule, method in odd_values.calls(app, LEAVE_OUT):
        for value in odd_values.IN_TEXTS[1::2]:
            for name in read_by(app, rule.endpoint, QUERY) if method == "GET" else ("person", "of", "reason"):
                send(odd_values.address(rule, ids), method, query_string={name: value})


def test_queries_that_are_none(send: Send) -> None:
    for path in ("/gallery", "/boxes", "/api/v1/faces", "/upload/progress"):
        for query in odd_values.QUERIES:
            send(path, query_string=query)


@pytest.mark.slow
def test_every_form(app: Flask, send: Send, ids: dict[str, Any]) -> None:
    for rule, method in odd_values.calls(app, LEAVE_OUT):
        if method == "POST" and not rule.rule.startswith("/api/"):
            for value in ("9" * 30, "2999-12-31T23:59:59+14:00"):
                send(odd_values.address(rule, ids), "POST", data=dict.fromkeys(FORM.split(), value))


@pytest.mark.slow
@pytest.mark.full_size
@ON_POSTGRES
def test_every_form_with_everything(app: Flask, send: Send, ids: dict[str, Any]) -> None:
    for rule, method in odd_values.calls(app, LEAVE_OUT):
        if method == "POST" and not rule.rule.startswith("/api/"):
            for value in odd_values.IN_TEXTS:
                for name in read_by(app, rule.endpoint, FORM):
                    send(odd_values.address(rule, ids), "POST", data={name: value})


JSON_ROUTES: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "POST /api/v1/answers": (
        schemas.AnswerIn,
        {"client_key": "k", "kind": "label", "face_id": 1, "label": "mask"},
    ),
    "POST /api/v1/photos/1/faces": (schemas.DrawnIn, {"box": [1, 1, 50, 50], "label": "mask"}),
    "POST /api/v1/photos/1/turn": (schemas.TurnIn, {}),
    "POST /api/v1/uploads": (schemas.UploadsIn, {}),
    "POST /api/v1/leases": (schemas.LeasesIn, {}),
    "POST /api/v1/runs": (run_schemas.RunIn, {}),
    "POST /map/review": (Region, {}),
}


def send_to_every_field(send: Send, values: Iterable[Any]) -> None:
    for route, (schema, usual) in JSON_ROUTES.items():
        method, path = route.split()
        for field in (*schema.model_fields, "\ud800"):
            for value in values:
                send(path, method, json=usual | {field: value})


@pytest.mark.slow
def test_every_field_of_json(send: Send, ids: dict[str, Any]) -> None:
    send_to_every_field(send, (10**30, "\ud800", {"a": [1e308]}))


@pytest.mark.slow
@pytest.mark.full_size
@ON_POSTGRES
def test_every_field_of_json_with_everything(send: Send, ids: dict[str, Any]) -> None:
    send_to_every_field(send, odd_values.IN_JSON)


@pytest.mark.slow
@pytest.mark.full_size
@ON_POSTGRES
def test_every_field_of_a_recipe(send: Send, ids: dict[str, Any]) -> None:
    for name in ("preset", "views", "seed", "learning_rate", "folds", "calibration"):
        for value in odd_values.IN_JSON:
            send("/api/v1/runs", "POST", json={"recipe": {name: value}})


def test_bodies_that_are_no_json(app: Flask, send: Send) -> None:
    for route in JSON_ROUTES:
        method, path = route.split()
        for body in odd_values.BODIES:
            assert send(path, method, data=body, content_type="application/json") < 500, body[:20]


def test_headers(send: Send, ids: dict[str, Any]) -> None:
    pages = ("/hello", "/photos/1/view.jpg", "/static/styles/base.css", "/api/v1/faces")
    for headers in odd_values.HEADERS:
        for path in pages:
            send(path, headers=headers)
        for path in ("/upload", "/api/v1/photos", "/api/v1/answers"):
            send(path, "POST", data=b"{}", headers=headers)


def test_multipart(send: Send) -> None:
    for name, body in odd_values.MULTIPART.items():
        for path in ("/api/v1/photos", "/api/v1/predict"):
            status = send(path, "POST", data=body, content_type="multipart/form-data; boundary=b")
            assert 400 <= status < 500, name


def test_no_form_leads_to_another_site_or_adds_a_header(app: Flask, db: Session, ids: dict[str, Any]) -> None:
    token, _ = credentials.issue_token(db, "owner", "Grace")
    db.commit()
    client: FlaskClient = app.test_client()
    for back in (
        "//evil.example/?x=1",
        "https://evil.example",
        "?a=b\r\nSet-Cookie: c=d",
        "/\\evil.example?a",
    ):
        response = client.post(
            "/gallery/undo", data={"back": back}, headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status_code == 302
        assert response.location.startswith("/gallery")
        assert "Set-Cookie: c=d" not in str(response.headers)


def test_a_refusal_has_the_shape_of_every_error(send: Send, client: Any) -> None:
    deep = client("owner").post("/api/v1/runs", data=b"[" * 30 + b"]" * 30, content_type="application/json")
    assert set(json.loads(deep.data)["error"]) == {"code", "message", "hint"}
    assert deep.json["error"]["code"] == "too_deep"

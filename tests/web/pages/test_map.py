"""The map's page: what it shows, how it is read, and what it sends to review."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import delete, event, insert, select
from sqlalchemy.orm import Session

from db.models import Face, Pick, Run, Score, Spot
from db.session import engine
from db.workbench import live_run
from labeller.people import people
from tests.clients import csrf_token, get_page, sign_in
from tests.factories import add_faces, add_live_run, add_score, fill_in_results
from tests.labelled import sqlite_only
from tests.web.conftest import Client
from trainer.face_map import layout_read


def spread(db: Session, faces: list[Face]) -> None:
    """A spot for each face."""
    db.add_all([Spot(face_id=face.id, x=float(n), y=n**0.5) for n, face in enumerate(faces)])
    db.commit()


def test_a_map_of_few_faces_says_how_many_are_needed(client: Client, db: Session) -> None:
    labeller = client("labeller", "Ada")
    assert "at least 10" in get_page(labeller, "/map")
    add_faces(db, 10)
    shown = get_page(labeller, "/map")
    assert 'id="sky"' in shown
    assert 'value="uncertainty"' not in shown, "without a model there is none"
    add_live_run(db)
    db.commit()
    assert 'value="uncertainty"' in get_page(labeller, "/map")


def test_it_is_asked_for_as_long_as_faces_have_no_spot(client: Client, db: Session) -> None:
    faces, labeller = add_faces(db, 12), client("labeller", "Ada")
    assert labeller.get("/map/progress").json == {"placed": 0, "wanted": 12, "stale": True}
    assert labeller.post("/map/draw").json["stale"]
    spread(db, faces)
    assert labeller.post("/map/draw").json == {"placed": 12, "wanted": 12, "stale": False}
    shown = labeller.get("/map/spots").json
    assert shown["faces"] == [face.id for face in faces]
    assert shown["states"] == list(layout_read.STATES)


def test_a_region_goes_to_review_and_comes_back(app: Flask, db: Session) -> None:
    faces, (locked,) = add_faces(db, 3), add_faces(db, 1, "locked")
    page = sign_in(app, people.new_person(db, "Ada", "labeller"))
    db.commit()
    ids = [face.id for face in faces] + [locked.id]
    assert page.post("/map/review", json={"face_ids": ids}).status_code == 400, "another site's page"
    headers = {"X-CSRFToken": csrf_token(page, "/map"), "Accept": "application/json"}
    done = page.post("/map/review", json={"face_ids": ids}, headers=headers).json
    assert done["text"].startswith("3 faces go to review. 1 stays out")
    assert list(db.scalars(select(Pick.face_id).order_by(Pick.rank))) == ids[:3]
    again = page.post("/map/review", json={"face_ids": [*ids, 999]}, headers=headers).json
    assert (again["sent"], again["undo"]) == (0, None)
    assert "3 are there already. 1 was deleted meanwhile." in again["text"]
    german = headers | {"Accept-Language": "de"}
    assert page.post(f"/map/undo/{done['undo']}", headers=german).json == {
        "text": "3 Gesichter aus der Durchsicht genommen."
    }
    assert db.scalar(select(Pick.id)) is None
    assert page.post(f"/map/undo/{done['undo']}", headers=headers).json["error"]["code"] == "no_such_choice"
    many = page.post("/map/review", json={"face_ids": list(range(1, 1002))}, headers=headers)
    assert (many.status_code, many.json["error"]["code"]) == (400, "too_many_chosen")
    assert page.post("/map/review", json={"face_ids": "all"}, headers=headers).status_code == 422


def test_faces_outside_what_was_labelled_are_warned_of(client: Client, db: Session) -> None:
    add_score(db, add_live_run(db), *add_faces(db, 10)[:1], 0.5)
    owner = client("owner", "Grace")
    unusual = {"value": 0.37, "low": 0.29, "high": 0.46}
    run = make_run_with(db, {"n": 120, "unusual": unusual})
    for path in ("/map", "/"):
        warning = "37.0 % (29.0 % to 46.0 %) of the 120 newest faces are unlike any labelled face"
        assert warning in get_page(owner, path)
    run.metrics = run.metrics | {"drift": {"n": 120, "unusual": unusual | {"low": 0.04}}}
    db.commit()
    for path in ("/map", "/"):
        assert "unlike any labelled" not in get_page(owner, path)


def make_run_with(db: Session, drift: dict[str, object]) -> Run:
    run = live_run(db)
    assert run is not None
    fill_in_results(run, drift=drift)
    db.commit()
    return run


@contextmanager
def recorded_statements() -> Iterator[list[str]]:
    """The SQL statements executed in the block."""
    statements: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", record)
    yield statements
    event.remove(engine(), "before_cursor_execute", record)


@pytest.mark.slow
@sqlite_only
def test_twenty_thousand_faces_take_the_queries_of_one_and_1_5_megabytes(client: Client, db: Session) -> None:
    labeller = client("labeller", "Ada")
    photos = [add_faces(db, 1)[0].photo_id for _ in range(50)]
    run, rng = add_live_run(db), np.random.default_rng(0)
    spread(db, list(db.scalars(select(Face).limit(1))))
    with recorded_statements() as statements_for_one:
        assert len(labeller.get("/map/spots").json["faces"]) == 1
    db.execute(delete(Spot))
    faces = [
        {"photo_id": photos[n % 50], "x": 1, "y": 1, "w": 9, "h": 9, "proposed_box": [1, 1, 9, 9],
         "source": "mtcnn", "label": ("mask", "nomask", None)[n % 3]}
        for n in range(20_000)
    ]  # fmt: skip
    db.execute(insert(Face), faces)
    ids = list(db.scalars(select(Face.id)))
    db.execute(
        insert(Spot),
        [
            {"face_id": id, "x": x, "y": y}
            for id, (x, y) in zip(ids, rng.normal(size=(len(ids), 2)), strict=True)
        ],
    )
    scores = [
        {"run_id": run.id, "face_id": id, "box_version": 1, "probabilities": [0.5, 0.5], "label": "mask",
         "margin": m}
        for id, m in zip(ids, rng.uniform(size=len(ids)), strict=True)
    ]  # fmt: skip
    db.execute(insert(Score), scores)
    db.commit()
    with recorded_statements() as statements:
        shown = labeller.get("/map/spots")
    assert len(shown.json["faces"]) == len(ids)
    assert len(shown.data) < 1_500_000
    assert statements == statements_for_one

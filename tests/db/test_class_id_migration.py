"""Runs of before 0007 named classes and people; afterwards they hold ids, and torn groups are joined."""

import functools
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from db.base import now
from db.messages import sentence
from db.migrate import upgrade
from db.models import Event, Outcome, Photo, Pick, Run
from tests.db.raw_rows import insert_row
from web.drawing.stored import figures_of

FIGURE = {"value": 0.9, "low": 0.8, "high": 0.95}


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """Upgraded with a run of before."""
    upgrade("0006", on=empty_engine)
    with empty_engine.begin() as connection:
        fill(connection)
    upgrade(on=empty_engine)
    return empty_engine


def part(n: int) -> dict[str, Any]:
    return {
        "n": n, "people": n, "ece": 0.02, "confusion": [[5, 1], [0, 0]], "balanced_accuracy": FIGURE,
        "per_class": {"covered": {"n": 6, "recall": FIGURE, "precision": FIGURE},
                      "nomask": {"n": 0, "recall": FIGURE, "precision": FIGURE}},
    }  # fmt: skip


def fill(connection: Connection) -> None:
    """A run with people on both sides of the split; `mask` was renamed to `covered` before."""

    insert = functools.partial(insert_row, connection)
    insert("person", id=1, name="Ada Lovelace", role="owner", created_at=now(), link_version=1)
    insert("class", name="covered", former=["mask"])
    metrics = {
        "locked": part(12), "locked_reason": None, "cross_validated": part(4), "train": {"n": 9, "people": 3},
        "seconds": {}, "warnings": [{"text": "Only %(n)s “%(name)s”", "values": {"n": 3, "name": "covered"}}],
    }  # fmt: skip
    insert(
        "run", id=1, recipe={}, seed=0, phase="done", progress=1, classes=["covered", "nomask"], curve=[],
        metrics=metrics, log=[], promoted=True, reason="Chosen by Ada Lovelace: to see 100 %", erased=0,
        created_at=now(), status="done", attempt=1,
    )  # fmt: skip
    insert("event", id=1, at=now(), person_id=1, kind="promoted",
           detail={"run": 1, "reason": "Chosen by Ada Lovelace: to see 100 %"})  # fmt: skip
    for n in range(1, 13):
        split = "locked" if n > 1 else "train"
        insert("group", id=n, split=split)
        insert("photo", id=n, blob="b", view_blob="v", width=9, height=9, dhash=b"x", group_id=n,
               person_id=1 if n < 3 else None, created_at=now(), status="ready", attempt=1)  # fmt: skip
        insert("face", id=n, photo_id=n, x=0, y=0, w=9, h=9, box_version=1, source="mtcnn",
               proposed_box=[0, 0, 9, 9], state="confirmed", doubtful=False, hidden=False, disputed=False,
               wanted=1, opinions=1, waiting=False, gold=False, version=0)  # fmt: skip
        label = "mask" if n % 2 else "nomask"  # the name of before, as outcomes kept it
        insert("outcome", run_id=1, face_id=n, part="locked" if n < 11 else "fold", truth=label, label=label,
               probabilities=[1, 0], own=0.9, group_id=n)  # fmt: skip
    insert("pick", id=1, face_id=1, run_id=1, place=1, reason="weak_class", detail={"label": "covered"},
           created_at=now())  # fmt: skip


@pytest.mark.slow
def test_runs_hold_ids_and_say_the_same(engine: Engine) -> None:
    with Session(engine) as db:
        run = db.get_one(Run, 1)
        assert run.classes == [1, 2]
        assert {(one.truth, one.label) for one in db.query(Outcome)} == {(1, 1), (2, 2)}
        assert run.reason == {
            "text": "Chosen by %(person)s: %(reason)s",
            "values": {"person": {"person": 1}, "reason": "to see 100 %"},
        }
        assert sentence(db, run.reason) == "Chosen by Ada Lovelace: to see 100 %"
        assert db.get_one(Event, 1).detail["reason"] == run.reason
        assert db.get_one(Pick, 1).detail == {"label": {"class": 1}}
        figures = figures_of(db, run)
        assert figures is not None
        assert figures["locked"]["per_class"]["covered"]["precision"]["n"] == 5
        assert figures["warnings"][1:] == [
            "Only 3 “covered”",
            "Measured by an earlier version: where people differ, the true intervals are wider than these.",
        ]


@pytest.mark.slow
def test_figures_of_too_few_people_are_gone(engine: Engine) -> None:
    with Session(engine) as db:
        figures = figures_of(db, db.get_one(Run, 1))
        assert figures is not None
        assert figures["locked"]["per_class"]["nomask"]["recall"]["n"] == 0
        assert figures["cross_validated"] is None
        assert "photos of 4 more people with “covered” are needed" in figures["cross_validated_reason"]


def test_torn_groups_are_joined_and_their_runs_marked(engine: Engine) -> None:
    with Session(engine) as db:
        first, second = db.get_one(Photo, 1), db.get_one(Photo, 2)
        assert first.group_id == second.group_id == 1
        assert first.group.split == "train"
        assert {one.group_id for one in db.query(Outcome).where(Outcome.face_id < 3)} == {1}
        figures = figures_of(db, db.get_one(Run, 1))
        assert figures is not None
        assert figures["warnings"][0].startswith("2 of its predictions are for people who were on both sides")

"""What more answers are worth, and what choosing has saved: on the pages and over the API."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.messages import a_class, message
from db.models import Run
from db.workbench import lock_workbench
from tests.clients import get_page
from tests.labelled import sqlite_only
from tests.web.conftest import Client
from trainer.evaluation.report import MORE_PEOPLE
from trainer.label_efficiency.labels_saved import FEW_CONTROL
from trainer.label_efficiency.learning_curve import Forecast
from trainer.label_efficiency.stopping_advice import outlook

pytestmark = sqlite_only

SAVED = {"value": 130, "low": 40, "high": 260, "labels": 430, "given": 300, "capped": False}
SAVED |= {"pool": 900, "control": 30, "n": 220}


def past(db: Session, sizes: list[int], saved: dict[str, Any] | None = None) -> Run:
    """A live run whose learning curve has a point for each of the sizes, the error falling as 1 / labels."""
    figures = [{"value": 1 - 3 / n, "low": 0.95 - 3 / n, "high": 1.0, "n": 120} for n in sizes]
    points = [
        {"run": number, "labels": n, "balanced_accuracy": figure}
        for number, (n, figure) in enumerate(zip(sizes, figures, strict=True), start=1)
    ]
    fitted = Forecast(sizes[-1], 120, np.full(9, 3.0), np.ones(9), np.zeros(9)) if len(sizes) > 4 else None
    metrics: dict[str, Any] = {"train": {"n": sizes[-1]}, "locked": None, "locked_reason": None}
    metrics |= {"cross_validated": None, "cross_validated_reason": None, "seconds": {}}
    run = Run(
        seed=0, status="done", finished_at=now(), head={}, recipe={"preset": "quick"}, classes=[1, 2],
        metrics=metrics, labels_saved=saved,
        learning_curve={"points": points, "forecast": fitted.as_dict() if fitted else None},
    )  # fmt: skip
    db.add(run)
    db.flush()
    lock_workbench(db).live_run_id = run.id
    db.commit()
    return run


GROWING = [20, 40, 60, 90, 130, 180]


def test_the_curve_goes_on_and_says_what_to_expect(client: Client, db: Session) -> None:
    past(db, GROWING, SAVED)
    owner = client("owner", "Grace")
    for path in ("/runs", "/"):
        page = get_page(owner, path)
        # 3/180 - 3/220
        assert "40 more answers are worth about +0.3 points of balanced accuracy" in page, path
        assert "about 130 answers: chosen at random it would have taken 430" in page, path
        assert "40 to 260 (95 %), n = 220 locked faces and 30 answers at random" in page, path
    runs = get_page(owner, "/runs")
    assert runs.count("<circle") == len(GROWING) + 1, "and one in the logo"
    assert "polygon" in runs
    assert "up to 270" in runs
    stats = owner.get("/api/v1/stats").json
    assert stats["labels_saved"] == 130
    assert stats["labels_saved_interval"]["low"] == 40


def test_with_one_run_it_is_said_what_is_missing(client: Client, db: Session) -> None:
    past(db, [20], {"too_little": [FEW_CONTROL, {"n": 2, "least": 5}]})
    owner = client("owner", "Grace")
    page = get_page(owner, "/runs")
    assert "can be said after 5 runs" in page
    assert "needs 5 answers to faces chosen at random; there are 2" in page
    assert "polygon" not in page
    assert "can be said" not in get_page(owner, "/"), "the overview says what is known"
    german = owner.get("/runs", headers={"Accept-Language": "de"}).text
    assert "braucht 5 Antworten" in german
    assert "nach 5 Läufen" in german


@pytest.mark.parametrize(
    ("change", "words", "value"),
    [
        ({"low": -30}, "not known yet: with 220 locked faces it may be anything from -30 to 260", None),
        ({"value": -50, "low": -90, "high": -5, "labels": 250}, "has cost about 50 answers", -50),
        ({"capped": True}, "130 answers or more: not even all 900 faces", 130),
    ],
)
def test_a_saving_is_said_as_far_as_it_is_known(
    client: Client, db: Session, change: dict[str, Any], words: str, value: int | None
) -> None:
    past(db, GROWING, SAVED | change)
    owner = client("owner", "Grace")
    assert words in get_page(owner, "/runs")
    stats = owner.get("/api/v1/stats").json
    assert stats["labels_saved"] == value
    assert (stats["labels_saved_interval"] is None) == (value is None)


def test_what_is_missing_for_a_curve_is_said(client: Client, db: Session) -> None:
    run = past(db, GROWING)
    run.learning_curve = {"obstacles": [message(MORE_PEOPLE, n=3, name=a_class(1))]}
    db.commit()
    page = get_page(client("owner", "Grace"), "/runs")
    assert "photos of 3 more people with “mask” are needed" in page
    assert "polygon" not in page


def test_without_runs_nothing_is_said(client: Client, db: Session) -> None:
    assert outlook(db).significant_saving is None
    assert "points of balanced accuracy" not in get_page(client("owner", "Grace"), "/runs")

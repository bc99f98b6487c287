"""What more answers are worth, and what choosing has saved: on the pages and over the API."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.models import Run
from db.workbench import lock_workbench
from tests.clients import get_page
from tests.labelled import sqlite_only
from tests.web.conftest import Client
from trainer.label_efficiency.labels_saved import FEW_CONTROL
from trainer.label_efficiency.stopping_advice import outlook

pytestmark = sqlite_only

SAVED = {"value": 130, "low": 40, "high": 260, "labels": 430, "given": 300, "capped": False}
SAVED |= {"pool": 900, "control": 30, "n": 220}


def past(db: Session, sizes: list[int], saved: dict[str, Any] | None = None, **other: Any) -> list[Run]:
    """Runs on ever more labels, their error falling as 1 / labels; `saved` is the last one's."""
    made = []
    for n in sizes:
        value = 1 - 3 / n
        figure = {"value": value, "low": value - 0.05, "high": min(1.0, value + 0.05)}
        part = {"n": 120, "balanced_accuracy": figure}
        metrics = {"train": {"n": n}, "locked": part, "locked_reason": None, "cross_validated": part}
        metrics["seconds"] = {}
        row: dict[str, Any] = {
            "recipe": {"preset": "quick"},
            "classes": [1, 2],
            "metrics": metrics,
        }
        made.append(Run(seed=0, status="done", finished_at=now(), head={}, **(row | other)))
    if saved:
        made[-1].labels_saved = saved
    db.add_all(made)
    db.flush()
    lock_workbench(db).live_run_id = made[-1].id
    db.commit()
    return made


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


def test_runs_of_another_recipe_or_of_other_classes_are_no_part_of_the_curve(db: Session) -> None:
    past(db, GROWING, recipe={"preset": "tutorial"})
    past(db, GROWING, classes=["mask", "nomask", "scarf"])
    past(db, GROWING[:4])
    assert outlook(db).forecast is None
    past(db, GROWING[4:])
    assert outlook(db).forecast is not None


def test_without_runs_nothing_is_said(client: Client, db: Session) -> None:
    assert outlook(db).significant_saving is None
    assert "points of balanced accuracy" not in get_page(client("owner", "Grace"), "/runs")

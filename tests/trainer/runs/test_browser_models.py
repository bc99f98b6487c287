"""Which models the page Try it offers, and in which order."""

import pytest
from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.models import Artifact, Class, Run
from db.workbench import lock_workbench
from trainer.runs.browser_models import FORMS, MOST_RUNS, browser_models


@pytest.fixture
def runs(db: Session) -> list[int]:
    """Ids of more runs than are offered; the fourth is live."""
    classes.add_missing(db)
    added = []
    for seed in range(MOST_RUNS + 6):
        run = Run(recipe={}, seed=seed, classes=[1, 2], status="done", finished_at=now(), backbone="b" * 64)
        db.add(run)
        db.flush()
        for form in FORMS:
            db.add(Artifact(run_id=run.id, form=form, blob=f"{form} {seed}", signature=""))
        added.append(run.id)
    lock_workbench(db).live_run_id = added[3]
    db.commit()
    return added


def test_the_live_one_comes_first_then_the_newest(db: Session, runs: list[int]) -> None:
    first, *others = browser_models(db)
    assert (first.run, first.live, first.file, first.detector) == (runs[3], True, "onnx16 3", "detector 3")
    assert [one.run for one in others] == runs[:-MOST_RUNS:-1]
    assert not any(one.live for one in others)
    assert first.classes == [("mask", [0]), ("nomask", [1])]


def test_an_old_run_is_offered_when_it_is_asked_for(db: Session, runs: list[int]) -> None:
    offered = [one.run for one in browser_models(db, runs[0])]
    assert offered[:2] == [runs[3], runs[0]]
    assert len(offered) == MOST_RUNS
    assert [one.run for one in browser_models(db, 999)] == [one.run for one in browser_models(db)]


def test_without_its_files_a_run_is_not_offered(db: Session, runs: list[int]) -> None:
    db.delete(db.get_one(Artifact, (runs[-1], "detector")))
    db.commit()
    assert runs[-1] not in [one.run for one in browser_models(db)]


def test_merged_classes_have_one_name(db: Session, runs: list[int]) -> None:
    db.get_one(Class, 2).merged_into_id = 1
    db.commit()
    assert browser_models(db)[0].classes == [("mask", [0, 1])]

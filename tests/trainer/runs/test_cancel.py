"""Runs that are cancelled: in any phase, and with the next one waiting."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import integrity
from db.models import Run, Score
from db.session import session_scope
from tests.environment import PROVE
from tests.labelled import add_labelled_pictures, draw_pictures, live_run_id, sqlite_only, train_run
from tests.workbench_process import wait_until
from trainer.features.feature_store import OnProgress
from trainer.runs import requests
from trainer.runs.progress import PHASES, Progress

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("db", ["sqlite", "postgres"] if PROVE else ["sqlite"], indirect=True)
def test_a_run_cancelled_in_any_phase_stops_there_and_leaves_nothing(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_labelled_pictures(db, draw_pictures(60))
    live, enter = train_run(db), Progress.phase
    for phase in PHASES["quick"]:

        @contextmanager
        def cancelled_there(self: Progress, name: str, phase: str = phase) -> Iterator[OnProgress]:
            with enter(self, name) as report:
                assert list(PHASES["quick"]).index(name) <= list(PHASES["quick"]).index(phase), "it goes on"
                if name == phase:
                    with session_scope() as other:
                        requests.cancel(other, other.get_one(Run, self.claim.id))
                        other.commit()
                yield report

        monkeypatch.setattr(Progress, "phase", cancelled_there)
        run = train_run(db, {"seed": 1})
        assert run.status == "cancelled", phase
        assert live_run_id(db) == live.id
        assert set(db.scalars(select(Score.run_id).distinct())) == {live.id}
        assert list(integrity.find_problems(db)) == []


@pytest.mark.full_size
@sqlite_only
def test_the_next_run_waits_until_a_cancelled_one_has_stopped(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one process they share compiled steps: side by side they would write into each other's weights."""
    from trainer.runs import train as trainer

    add_labelled_pictures(db, draw_pictures(60))
    enter, seen, go_on = Progress.phase, [], threading.Event()

    @contextmanager
    def watched(self: Progress, name: str) -> Iterator[OnProgress]:
        seen.append(self.claim.id)
        if name == "fit" and self.claim.id == first.id:
            assert go_on.wait(30)
        with enter(self, name) as report:
            yield report

    def work(run_id: int) -> None:
        with session_scope() as session:
            trainer.train(session, run_id, 0, "test")

    monkeypatch.setattr(Progress, "phase", watched)
    with ThreadPoolExecutor(2) as pool:
        first = requests.request_run(db, {})
        db.commit()
        first_ended = pool.submit(work, first.id)
        wait_until(lambda: seen.count(first.id) == 3, 30, "it comes to the fitting", every=0.05)
        requests.cancel(db, first)
        second = requests.request_run(db, {"seed": 1})
        db.commit()
        other = pool.submit(work, second.id)
        wait_until(lambda: db.refresh(second) or second.status == "running", 30, "it is claimed", every=0.05)
        assert second.id not in seen
        go_on.set()
        first_ended.result(30)
        other.result(60)
    db.rollback()
    assert [db.get_one(Run, run.id, populate_existing=True).status for run in (first, second)] == [
        "cancelled", "done"
    ]  # fmt: skip
    assert seen == sorted(seen)

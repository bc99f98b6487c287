"""The train worker is killed at any moment and at each step of publishing; a complete model stays live."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import integrity, jobs
from db.base import OPEN
from db.models import Answer, Run, Score
from tests.environment import PROVE
from tests.labelled import add_labelled_pictures, draw_pictures, live_run_id, train_run
from tests.workbench_process import ROOT, wait_until
from trainer.runs import requests

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = 12 if PROVE else 1
ENGINES = ["sqlite", "postgres"] if PROVE else ["sqlite"]
WORKER = """
import sys, time
import structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for "over" alone
from db.session import session_scope
from trainer.features import networks
from trainer.models import export
from trainer.runs import train
networks.shared(); export.warm_up(2)
{patch}
print("ready", flush=True)
for line in sys.stdin:
    run_id, attempt = map(int, line.split())
    with session_scope() as session:
        train.train(session, run_id, attempt, "train@here")
    print("over", flush=True)
"""
STEPS = {
    "the files are written without their rows": ("trainer.runs.publish", "insert_for_faces"),
    "the files have their rows": ("trainer.runs.promotion_test", "compare_with_live"),
    "before the scores": ("trainer.runs.score", "score_all"),
    "half of the scores are stored": ("trainer.runs.score", "insert_for_faces"),
    "before the switch": ("trainer.runs.promote", "make_live"),
    "after the switch": ("trainer.runs.promote", "delete_old_scores"),
}


engines = pytest.mark.parametrize("db", ENGINES, indirect=True)


class TrainWorker:
    """A process that trains the runs it is sent, and can be killed."""

    def __init__(self, patch: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER.format(patch=patch)], cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def start(self, run: Run) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{run.id} {run.attempt}\n")
        self.process.stdin.flush()

    def finish(self, run: Run) -> None:
        """Train the run and wait for its end."""
        self.start(run)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "over\n"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def live(db: Session) -> Run:
    """The live run, trained on 60 drawn faces."""
    add_labelled_pictures(db, draw_pictures(60))
    run = train_run(db)
    assert run.status == "done", run.error
    return run


def open_runs_after_restart(db: Session) -> list[Run]:
    """Release the jobs of the killed worker, as a restarted one does; the runs that are then open."""
    jobs.release(db, "train@here")
    db.expire_all()
    return list(db.scalars(select(Run).where(Run.status.in_(OPEN))))


def assert_model_is_live(db: Session, live: Run) -> None:
    """The model from before or a later one is live, and it has a score for every face."""
    db.rollback()
    current = live_run_id(db)
    run = db.get_one(Run, current, populate_existing=True)
    assert run.status == "done"
    assert run.head is not None
    assert len(list(db.scalars(select(Score.face_id).where(Score.run_id == current)))) == 60
    assert current == live.id or run.promoted


def finish_open_runs(db: Session, live: Run) -> None:
    """Train the open runs to their end, in this process; the database and its files are then consistent."""
    from trainer.runs.train import train

    for run in open_runs_after_restart(db):
        train(db, run.id, run.attempt, "train@here")
    db.expire_all()
    assert set(db.scalars(select(Run.status))) <= {"done", "failed", "cancelled"}
    assert_model_is_live(db, live)
    assert list(integrity.find_problems(db)) == []


@pytest.mark.full_size
@engines
def test_a_worker_killed_at_any_moment_of_a_run(db: Session, live: Run) -> None:
    rng, worker = np.random.default_rng(7), TrainWorker()
    start = time.monotonic()
    run = requests.request_run(db, {"seed": 1})
    db.commit()
    worker.finish(run)
    duration = time.monotonic() - start
    for number in range(KILLS):
        run = requests.request_run(db, {"seed": 2 + number})
        db.commit()
        worker.start(run)
        time.sleep(rng.uniform(0, duration))
        worker.kill()
        assert_model_is_live(db, live)
        if number + 1 < KILLS:
            worker = TrainWorker()
            for open_run in open_runs_after_restart(db):
                worker.finish(open_run)
    finish_open_runs(db, live)


@pytest.mark.full_size
@engines
@pytest.mark.parametrize("step", list(STEPS) if PROVE else ["before the switch"])
def test_a_worker_killed_at_a_step_of_publishing(db: Session, live: Run, step: str) -> None:
    module, name = STEPS[step]
    patch = (
        f"import os, signal, {module}\n"
        f"{module}.{name} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)"
    )
    worker = TrainWorker(patch)
    run = requests.request_run(db, {"seed": 1})
    db.commit()
    worker.start(run)
    wait_until(lambda: worker.process.poll() is not None, 60, "the worker is killed at that step")
    assert_model_is_live(db, live)
    finish_open_runs(db, live)


@pytest.mark.full_size
@engines
def test_a_run_that_stops_three_workers_fails(db: Session, live: Run) -> None:
    run = requests.request_run(db, {"seed": 1})
    db.commit()
    for _ in range(jobs.MAX_ATTEMPTS):
        worker = TrainWorker()
        worker.start(run)
        wait_until(lambda: read_status(db, run) == "running", 20, "it runs", every=0.01)
        worker.kill()
        jobs.release(db, "train@here")
        db.commit()
    assert read_status(db, run) == "failed"
    assert_model_is_live(db, live)
    assert list(db.scalars(select(Answer.id).where(Answer.run_id.is_(None)))) == []


def read_status(db: Session, run: Run) -> str:
    db.rollback()
    db.refresh(run)
    return run.status

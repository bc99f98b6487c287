"""The web process alone, as `flask up` starts it, on a database that a test fills: it is up in a second."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import migrate
from db.base import now
from db.models import Embedding, Face, Run, Score, Workbench
from db.session import session_scope
from labeller.people import people
from labeller.people.people import personal_link
from labeller.uploads import intake
from tests.conftest import forget_settings
from tests.pictures import jpeg, portrait
from tests.workbench import ROOT, answers_200, free_port, wait_until
from web.cli.up import THREADS

BACKBONE = "a backbone"


class Server:
    """One gunicorn on a port of its own; `kill` is a power cut."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        command = ["gunicorn", "--worker-class", "gthread", "--threads", str(THREADS), "--no-control-socket"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command, "--bind", f"127.0.0.1:{self.port}", "web:create_app()"],
            cwd=ROOT, env=os.environ | {"BASE_URL": self.url}, start_new_session=True,
        )  # fmt: skip
        wait_until(lambda: answers_200(f"{self.url}/hello"), 60, "the web process answers", every=0.05)
        return self

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(data: Path, database: str | None = None) -> Iterator[Server]:
    """A server on an empty, migrated database; this process reads the same one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA", str(data))
        if database is not None:
            patch.setenv("DATABASE_URL", database)
        forget_settings()
        migrate.upgrade()
        server = Server()
        patch.setenv("BASE_URL", server.url)
        forget_settings()
        server.start()
        try:
            yield server
        finally:
            server.kill()
            forget_settings()


def fill(photos: int, faces_each: int) -> list[int]:
    """Ready photos with that many waiting faces in each, in rows; returns the faces' ids."""
    made = []
    with session_scope() as session:
        for seed in range(photos):
            photo = intake.receive(session, jpeg(portrait(seed, seed % 2 == 1)), people.owner(session)).photo
            photo.status = "ready"
            made += [_face(photo.id, place, faces_each) for place in range(faces_each)]
        session.add_all(made)
        session.commit()
        return [face.id for face in made]


def _face(photo_id: int, place: int, of: int) -> Face:
    """Boxes side by side on the photo (480 × 360), each somewhere else."""
    columns = max(1, round(of**0.5))
    side = min(440 / columns, 320 / -(-of // columns))
    x, y = 10 + place % columns * side, 10 + place // columns * side
    box = [round(x, 1), round(y, 1), round(side * 0.9, 1), round(side * 0.9, 1)]
    points = {
        "left_eye": [x + side * 0.3, y + side * 0.35], "right_eye": [x + side * 0.6, y + side * 0.3],
        "nose": [x + side * 0.45, y + side * 0.5],
        "mouth_left": [x + side * 0.35, y + side * 0.65], "mouth_right": [x + side * 0.6, y + side * 0.62],
    }  # fmt: skip
    return Face(
        photo_id=photo_id, x=box[0], y=box[1], w=box[2], h=box[3], proposed_box=box,
        source="mtcnn", confidence=0.99, keypoints=points,
    )  # fmt: skip


def agree(session: Session, face_ids: list[int]) -> Run:
    """A live run that is sure of the faces: by turns `mask` and `nomask`, with features that cluster so."""
    metrics = {"train": {"n": 100, "people": 20}, "locked": None, "cross_validated": None, "seconds": {}}
    run = Run(
        recipe={"preset": "quick", "views": 4}, seed=0, classes=["mask", "nomask"], status="done",
        backbone=BACKBONE, metrics=metrics, manifest="0" * 64, reason="It is the first model.",
        started_at=now(), finished_at=now(), promoted=True,
    )  # fmt: skip
    session.add(run)
    session.flush()
    session.merge(Workbench(id=1, live_run_id=run.id))
    chance = np.random.default_rng(0)
    for place, face_id in enumerate(face_ids):
        label = run.classes[place % 2]
        vector = chance.normal(size=1280) + 3 * (place % 2)
        sure = 0.97 + 0.00001 * place
        chances = [sure, 1 - sure] if label == "mask" else [1 - sure, sure]
        session.add(Score(run_id=run.id, face_id=face_id, box_version=1, probabilities=chances, label=label,
                          margin=2 * sure - 1))  # fmt: skip
        session.add(Embedding(face_id=face_id, box_version=1, backbone=BACKBONE, view=0,
                              vector=vector.astype("<f2").tobytes()))  # fmt: skip
    session.commit()
    return run


def link(server: Server, role: str = "labeller", name: str = "Ada") -> str:
    """The personal link of a new person."""
    with session_scope() as session:
        person = people.new_person(session, name, role)
        session.commit()
        return f"{server.url}/me/{personal_link(person)}"


def labels() -> dict[int, str | None]:
    """What the database says of every face that somebody decided."""
    with session_scope() as session:
        decided = select(Face).where(Face.decided_at.is_not(None))
        return {face.id: face.label or face.state for face in session.scalars(decided)}

"""The web process alone, as `flask up` starts it, on a database that the test fills."""

import contextlib
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
from db.messages import message
from db.models import Embedding, Face, Run, Score, Workbench
from db.session import session_scope
from labeller.people import credentials, invites, people
from labeller.uploads import intake
from tests.conftest import forget_settings
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, ApiClient, answers_200, free_port, wait_until
from trainer.evaluation.paired_test import FIRST_MODEL

BACKBONE = "a backbone"


class Server(ApiClient):
    """The web process on a free port; `kill` ends it like a power cut."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        address = {"HOST": "127.0.0.1", "PORT": str(self.port), "BASE_URL": self.url}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web.cli.serve"],
            cwd=ROOT, env=os.environ | address, start_new_session=True,
        )  # fmt: skip
        wait_until(lambda: answers_200(f"{self.url}/hello"), 60, "the web process answers", every=0.05)
        return self

    def sign_in(self) -> None:
        """Call the API as an owner from now on."""
        with session_scope() as session:
            self.token, _ = credentials.issue_token(session, "owner", "Grace")
            session.commit()

    def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_server(data: Path, database: str | None = None) -> Iterator[Server]:
    """A server on an empty, migrated database, which this process uses as well."""
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


def add_waiting_faces(photos: int, faces_each: int) -> list[int]:
    """Ready photos with `faces_each` waiting faces; returns the ids of the faces."""
    faces = []
    with session_scope() as session:
        for seed in range(photos):
            photo = intake.receive(session, jpeg(portrait(seed, seed % 2 == 1)), people.owner(session)).photo
            photo.status = "ready"
            faces += [_face(photo.id, index, faces_each) for index in range(faces_each)]
        session.add_all(faces)
        session.commit()
        return [face.id for face in faces]


def _face(photo_id: int, index: int, count: int) -> Face:
    """Face number `index` of `count` on a grid in the photo (480 × 360 pixels)."""
    columns = max(1, round(count**0.5))
    side = min(440 / columns, 320 / -(-count // columns))
    x, y = 10 + index % columns * side, 10 + index // columns * side
    box = [round(x, 1), round(y, 1), round(side * 0.9, 1), round(side * 0.9, 1)]
    points = {
        "left_eye": [x + side * 0.3, y + side * 0.35], "right_eye": [x + side * 0.6, y + side * 0.3],
        "nose": [x + side * 0.45, y + side * 0.5],
        "mouth_left": [x + side * 0.35, y + side * 0.65], "mouth_right": [x + side * 0.6, y + side * 0.62],
    }  # fmt: skip
    return Face(
        photo_id=photo_id, x=box[0], y=box[1], w=box[2], h=box[3], proposed_box=box,
        source="centerface", confidence=0.99, keypoints=points,
    )  # fmt: skip


def add_confident_run(session: Session, face_ids: list[int]) -> Run:
    """A live run that scores the faces `mask` and `nomask` in turn, over 0.97; features cluster by class."""
    metrics = {"train": {"n": 100, "people": 20}, "locked": None, "cross_validated": None, "seconds": {}}
    run = Run(
        recipe={"preset": "quick", "views": 4}, seed=0, classes=[1, 2], status="done",
        backbone=BACKBONE, metrics=metrics, manifest="0" * 64, reason=message(FIRST_MODEL),
        started_at=now(), finished_at=now(), promoted=True,
    )  # fmt: skip
    session.add(run)
    session.flush()
    session.merge(Workbench(id=1, live_run_id=run.id))
    rng = np.random.default_rng(0)
    for index, face_id in enumerate(face_ids):
        label = ("mask", "nomask")[index % 2]
        vector = rng.normal(size=1280) + 3 * (index % 2)
        high = 0.97 + 0.00001 * index
        probabilities = [high, 1 - high] if label == "mask" else [1 - high, high]
        session.add(Score(run_id=run.id, face_id=face_id, box_version=1, probabilities=probabilities,
                          label=label, margin=2 * high - 1))  # fmt: skip
        session.add(Embedding(face_id=face_id, box_version=1, backbone=BACKBONE, view=0,
                              vector=vector.astype("<f2").tobytes()))  # fmt: skip
    session.commit()
    return run


def add_person_link(server: Server, role: str = "labeller", name: str = "Ada") -> str:
    """Adds a person; returns their personal link."""
    with session_scope() as session:
        person = people.new_person(session, name, role)
        session.commit()
        return f"{server.url}/me/{credentials.personal_link(person)}"


def add_invite(server: Server) -> str:
    """A link by which new friends join."""
    with session_scope() as session:
        secret, _ = invites.create_invite(session, "friend")
        session.commit()
        return f"{server.url}/i/{secret}"


def read_decisions() -> dict[int, str | None]:
    """The label, or else the state, of every face that somebody decided, by face id."""
    with session_scope() as session:
        decided = select(Face).where(Face.decided_at.is_not(None))
        return {face.id: face.label or face.state for face in session.scalars(decided)}

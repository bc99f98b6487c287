"""Many people, each a process, label the same faces at once while their leases expire."""

import json
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from db.base import now
from db.models import STANDING, Answer, Face, Lease
from db.session import session_scope
from labeller.people import credentials
from tests.environment import PROVE
from tests.web_server import add_waiting_faces, running_server
from tests.workbench_process import ROOT

PEOPLE, PHOTOS, FACES_EACH = (20, 20, 50) if PROVE else (10, 6, 50)
TWO_OPINIONS = PHOTOS * FACES_EACH // 20
"""Faces that need two answers."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def expire_leases(stopped: threading.Event) -> None:
    while not stopped.wait(0.4):
        with session_scope() as session:
            session.execute(update(Lease).values(until=now() - timedelta(seconds=1)))
            session.commit()


@pytest.mark.full_size
@pytest.mark.parametrize("engine", ["sqlite", "postgres"] if PROVE else ["postgres"])
def test_each_face_gets_the_answers_it_needs_and_no_stale_answer_is_stored(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("empty_postgres") if engine == "postgres" else None
    with running_server(tmp_path, database) as server:
        faces = add_waiting_faces(PHOTOS, FACES_EACH)
        two_opinions = faces[:: len(faces) // TWO_OPINIONS]
        with session_scope() as session:
            session.execute(update(Face).where(Face.id.in_(two_opinions)).values(opinions_wanted=2))
            tokens = [credentials.issue_token(session, "labeller", f"Person {n}")[0] for n in range(PEOPLE)]
            session.commit()
        stopped = threading.Event()
        expiry = threading.Thread(target=expire_leases, args=(stopped,))
        expiry.start()
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.simulated_labeller", server.url, token, str(seed)],
                cwd=ROOT, stdout=subprocess.PIPE, text=True,
            )
            for seed, token in enumerate(tokens)
        ]  # fmt: skip
        outputs = [process.communicate(timeout=200)[0] for process in processes]
        stopped.set()
        expiry.join()
        with session_scope() as session:
            stored = Counter(session.scalars(select(Answer.face_id).where(STANDING)))
            rows = {face.id: face for face in session.scalars(select(Face))}
    responses = [response for output in outputs for response in json.loads(output)]
    accepted = Counter(face for face, _, status in responses if status == 201)
    assert stored == accepted, "the accepted answers are stored, and no others"
    assert stored == {face: 2 if face in two_opinions else 1 for face in faces}
    assert all(face.label == ("mask" if id % 2 else "nomask") for id, face in rows.items())
    assert not any(face.waiting or face.disputed for face in rows.values())
    assert any(status == 409 for _, _, status in responses), "some answers came after their lease"

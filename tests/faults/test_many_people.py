"""Twenty people, each a process, on the same faces at once, while leases run out under their hands."""

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

PEOPLE, PHOTOS, FACES_EACH = 20, 20 if PROVE else 8, 50
SECONDS = PHOTOS * FACES_EACH // 20
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def expire_leases(over: threading.Event) -> None:
    while not over.wait(0.4):
        with session_scope() as session:
            session.execute(update(Lease).values(until=now() - timedelta(seconds=1)))
            session.commit()


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_no_face_is_answered_by_more_than_it_wants_and_no_stale_answer_counts(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("empty_postgres") if engine == "postgres" else None
    with running_server(tmp_path, database) as server:
        faces = add_waiting_faces(PHOTOS, FACES_EACH)
        twice = faces[:: len(faces) // SECONDS]
        with session_scope() as session:
            session.execute(update(Face).where(Face.id.in_(twice)).values(opinions_wanted=2))
            tokens = [credentials.issue_token(session, "labeller", f"Person {n}")[0] for n in range(PEOPLE)]
            session.commit()
        over = threading.Event()
        clock = threading.Thread(target=expire_leases, args=(over,))
        clock.start()
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.simulated_labeller", server.url, token, str(seed)],
                cwd=ROOT, stdout=subprocess.PIPE, text=True,
            )
            for seed, token in enumerate(tokens)
        ]  # fmt: skip
        said = [one for person in running for one in json.loads(person.communicate(timeout=200)[0])]
        over.set()
        clock.join()
        with session_scope() as session:
            given = Counter(session.scalars(select(Answer.face_id).where(STANDING)))
            stored = {face.id: face for face in session.scalars(select(Face))}
    taken = Counter(face for face, _, status in said if status == 201)
    assert given == taken, "what was taken is there, and nothing else"
    assert given == {face: 2 if face in twice else 1 for face in faces}
    assert all(face.label == ("mask" if id % 2 else "nomask") for id, face in stored.items())
    assert not any(face.waiting or face.disputed for face in stored.values())
    refused = sum(status == 409 for _, _, status in said)
    assert refused > 0, "nobody was late: the test has not tried what it is for"

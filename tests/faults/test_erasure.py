"""Erasure when its process is killed: at any step, and as the worker of a running workbench."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Person
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person
from labeller.people import people
from tests.data_folder import find_traces, read_all_files
from tests.factories import add_invited_friend, add_labelled_photo, add_run_trained_on
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, running_workbench, wait_until

pytestmark = pytest.mark.slow
ADA = "Ada-Lovelace-of-the-test"


@pytest.fixture
def ada(db: Session) -> Person:
    return add_invited_friend(db, ADA)


ERASURE_KILLED_AT_STEP = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.orm import Session
from db import session, storage
from labeller.erasure.finish import finish_pending
steps_left = int(sys.argv[1])
def step(*_):
    global steps_left
    steps_left -= 1
    if steps_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
delete = storage.Blobs.delete
storage.Blobs.delete = lambda self, key: (step(), delete(self, key), step())[1]
event.listen(Session, "before_commit", step)
event.listen(Session, "after_commit", step)
with session.session_scope() as db:
    finish_pending(db)
"""


@pytest.mark.full_size
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_an_erasure_killed_at_any_step_is_completed_by_the_next(db: Session, data: Path, ada: Person) -> None:
    faces = [add_labelled_photo(db, ada, seed) for seed in (1, 2)]
    run = add_run_trained_on(db, faces)
    secrets = [ADA.encode(), *(face.photo.sha256.encode() for face in faces)]
    secrets += [face.photo.dhash for face in faces]
    mark_person(db, ada, None)
    db.commit()
    kills = 0
    for step in range(1, 200):
        process = subprocess.run(
            [sys.executable, "-c", ERASURE_KILLED_AT_STEP, str(step % 15 + 1)],
            cwd=ROOT,
            env=os.environ | {"DATA": str(data)},
        )
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        kills += 1
        assert people.find_person(db, ada.id) is None, "she stays hidden wherever it was killed"
    assert kills >= 3
    finish_pending(db)
    db.expire_all()
    assert find_traces(db, data, *secrets) == []
    assert db.scalars(select(Person).where(Person.name == ADA)).all() == []
    assert run.erased == 2, "each face is counted once, however often its erasure was attempted"


@pytest.mark.full_size
def test_a_person_is_erased_although_the_worker_was_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_workbench(data) as workbench:
        workbench.sign_in("owner")
        token = json.loads(workbench.flask("token", "--role", "friend", "--person", ADA, "--json"))["token"]
        owner, workbench.token = workbench.token, token
        for seed in range(20):
            assert workbench.call("POST", "/photos", file=jpeg(portrait(seed, seed % 2 == 1)))[0] == 201
        workbench.token = owner
        wait_until(workbench.photos_done, 60, "all photos are processed")
        with sqlite3.connect(data / "secondlook.db") as connection:
            rows = connection.execute("SELECT sha256, blob, view_blob, dhash FROM photo").fetchall()
        secrets = [
            ADA.encode(),
            *(text.encode() for row in rows for text in row[:3]),
            *(row[3] for row in rows),
        ]
        person = next(item for item in workbench.call("GET", "/people")[1]["items"] if item["name"] == ADA)

        assert workbench.call("DELETE", f"/people/{person['id']}")[0] == 202
        os.kill(workbench.pids("detect@")[0], signal.SIGKILL)
        assert all(item["name"] != ADA for item in workbench.call("GET", "/people")[1]["items"]), (
            "hidden at once"
        )
        assert workbench.call("GET", "/photos")[1]["items"] == []
        workbench.token = token
        assert workbench.call("GET", "/photos")[0] == 401

        def files_with_traces() -> list[str]:
            files = read_all_files(data)
            in_name = [name for name in files if any(secret.decode("latin1") in name for secret in secrets)]
            return in_name + [
                name for name, content in files.items() if any(secret in content for secret in secrets)
            ]

        wait_until(lambda: not files_with_traces(), 60, "no file of the data folder has a trace", every=1)
        with sqlite3.connect(data / "secondlook.db") as connection:
            for table in ("photo", "face", "embedding", "score", "answer", "lease"):
                assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table

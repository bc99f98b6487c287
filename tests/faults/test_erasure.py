"""A deletion that is killed at every step, and one in a running workbench whose worker is killed."""

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


KILLED_AT = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.orm import Session
from db import session, storage
from labeller.erasure.finish import finish_pending
left = int(sys.argv[1])
def step(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
delete = storage.Blobs.delete
storage.Blobs.delete = lambda self, key: (step(), delete(self, key), step())[1]
event.listen(Session, "before_commit", step)
event.listen(Session, "after_commit", step)
with session.session_scope() as made:
    finish_pending(made)
"""


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_deletion_killed_at_any_step_is_completed_by_the_next(db: Session, data: Path, ada: Person) -> None:
    faces = [add_labelled_photo(db, ada, seed) for seed in (1, 2)]
    run = add_run_trained_on(db, faces)
    secrets = [ADA.encode(), *(face.photo.sha256.encode() for face in faces)]
    secrets += [face.photo.dhash for face in faces]
    mark_person(db, ada, None)
    db.commit()
    kills = 0
    for step in range(1, 200):
        done = subprocess.run(
            [sys.executable, "-c", KILLED_AT, str(step % 7 + 1)],
            cwd=ROOT,
            env=os.environ | {"DATA": str(data)},
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        kills += 1
        assert people.find_person(db, ada.id) is None, "she stays hidden whatever was killed"
    assert kills >= 3
    finish_pending(db)
    db.expire_all()
    assert find_traces(db, data, *secrets) == []
    assert db.scalars(select(Person).where(Person.name == ADA)).all() == []
    assert run.erased == 2, "each face is counted once, however often its deletion was tried"


def test_a_person_is_gone_though_the_worker_that_erased_them_was_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_workbench(data) as bench:
        bench.sign_in("owner")
        token = json.loads(bench.flask("token", "--role", "friend", "--person", ADA, "--json"))["token"]
        owner, bench.token = bench.token, token
        for seed in range(20):
            assert bench.call("POST", "/photos", file=jpeg(portrait(seed, seed % 2 == 1)))[0] == 201
        bench.token = owner
        wait_until(bench.photos_done, 60, "all photos are looked at")
        with sqlite3.connect(data / "secondlook.db") as connection:
            rows = connection.execute("SELECT sha256, blob, view_blob, dhash FROM photo").fetchall()
        secrets = [
            ADA.encode(),
            *(text.encode() for row in rows for text in row[:3]),
            *(row[3] for row in rows),
        ]
        person = next(one for one in bench.call("GET", "/people")[1]["items"] if one["name"] == ADA)

        assert bench.call("DELETE", f"/people/{person['id']}")[0] == 202
        os.kill(bench.pids("detect@")[0], signal.SIGKILL)
        assert all(one["name"] != ADA for one in bench.call("GET", "/people")[1]["items"]), "hidden at once"
        assert bench.call("GET", "/photos")[1]["items"] == []
        bench.token = token
        assert bench.call("GET", "/photos")[0] == 401

        def found() -> list[str]:
            files = read_all_files(data)
            named = [name for name in files if any(secret.decode("latin1") in name for secret in secrets)]
            return named + [
                name for name, content in files.items() if any(secret in content for secret in secrets)
            ]

        wait_until(lambda: not found(), 60, "no file of the data folder knows them", every=1)
        with sqlite3.connect(data / "secondlook.db") as connection:
            for table in ("photo", "face", "embedding", "score", "answer", "lease"):
                assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table

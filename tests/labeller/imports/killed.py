"""Does the newest import in DATA, and kills itself like a power cut before its step number AT; 0: never.

`python -m tests.labeller.imports.killed AT` prints the number of steps if it ended. Steps are what it asks of
the system: opening, renaming and removing files, making and removing folders.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from db import jobs
from db.models import Import
from db.session import session_scope
from labeller.imports import work
from tests.workbench_process import ROOT

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
WORKER = "transfers@here"


def run_worker(data: Path, at: int) -> int:
    """The number of steps such a worker took, or -1 if it was killed before step `at`."""
    command = [sys.executable, "-m", "tests.labeller.imports.killed", str(at)]
    env = os.environ | {"DATA": str(data)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGKILL:
        return -1
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])  # behind what is logged


def main() -> None:
    at, count = int(sys.argv[1]), 0

    def step(name: str, _arguments: object) -> None:
        nonlocal count
        count += name in STEPS
        if count == at and name in STEPS:
            os.kill(os.getpid(), signal.SIGKILL)

    with session_scope() as session:
        jobs.release(session, WORKER)
        row = session.scalars(select(Import).order_by(Import.id.desc()).limit(1)).one()
        sys.addaudithook(step)
        work.import_dataset(session, row.id, row.attempt, WORKER)
    print(count)


if __name__ == "__main__":
    main()

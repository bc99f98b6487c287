"""The detect worker is killed while it predicts: whoever asked gets an answer, or is told to wait."""

import os
import random
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from db.predictions import FOLDER
from tests.faults.load import label_and_train
from tests.pictures import jpeg, portrait
from tests.workbench_process import Workbench, running_workbench, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.full_size, pytest.mark.timeout(600)]
ROUNDS = 5


def ask_while_killing(bench: Workbench, picture: bytes, delay: float) -> list[int]:
    """The statuses of three who ask at once, while the worker is killed after `delay` seconds."""
    statuses: list[int] = []
    askers = [
        threading.Thread(target=lambda: statuses.append(bench.call("POST", "/predict", file=picture)[0]))
        for _ in range(3)
    ]
    for asker in askers:
        asker.start()
    time.sleep(delay)
    for pid in bench.pids("detect@")[:1]:
        os.kill(pid, signal.SIGKILL)
    for asker in askers:
        asker.join(60)
    return statuses


def test_who_asks_while_the_worker_is_killed_gets_an_answer(tmp_path: Path) -> None:
    rng = random.Random(0)
    picture = jpeg(portrait(7, True, (640, 480)))
    with running_workbench(tmp_path / "data") as bench:
        bench.sign_in()
        label_and_train(bench, tmp_path / "labelled")
        bench.call("POST", "/predict", file=picture)
        seen = []
        for _ in range(ROUNDS):
            statuses = ask_while_killing(bench, picture, rng.uniform(0, 0.25))
            assert len(statuses) == 3, "nobody waits for ever"
            seen += statuses
            wait_until(lambda: bench.call("POST", "/predict", file=picture)[0] == 200, 60, "it answers again")
        assert set(seen) <= {200, 503}
        assert seen.count(200) >= ROUNDS, "most are sent again to the new worker"
        with sqlite3.connect(bench.data / "secondlook.db") as connection:
            assert connection.execute("SELECT count(*) FROM prediction").fetchone() == (0,)
        assert list((bench.data / FOLDER).glob("*")) == [], "no picture is left"

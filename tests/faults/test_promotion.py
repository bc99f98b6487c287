"""Models change while people review: nobody is shown a mixture, or the scores of a model that is gone."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from db.base import now
from db.models import Face, Group, Run, Score, Workbench
from db.session import session_scope
from labeller.people import credentials
from tests.web_server import Server, add_waiting_faces, running_server
from trainer.runs import promote

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SAYS = (0.6, 0.7, 0.8)
"""Each run's probability of `mask`, for every face: it tells whose score a response holds."""
REQUESTS = 50


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    url = request.getfixturevalue("empty_postgres") if request.param == "postgres" else None
    with running_server(tmp_path, url) as made:
        yield made


def scored_runs(faces: list[int]) -> list[int]:
    """A run for each of SAYS, with a score for every face; the first is live."""
    with session_scope() as session:
        session.execute(update(Group).values(split="train"))
        made = []
        for says in SAYS:
            run = Run(
                recipe={}, seed=0, classes=["mask", "nomask"], status="done", head={}, finished_at=now()
            )
            session.add(run)
            session.flush()
            row = {"run_id": run.id, "box_version": 1, "label": "mask", "margin": 2 * says - 1}
            session.add_all(Score(**row, face_id=id, probabilities=[says, 1 - says]) for id in faces)
            made.append(run.id)
        session.merge(Workbench(id=1, live_run_id=made[0]))
        session.commit()
        return made


class Live:
    """Which run was live when: from the start of the commit that chose it to the end of the next one."""

    def __init__(self, first: int) -> None:
        self._spans = [[0.0, float("inf"), first]]

    def switched(self, start: float, end: float, run_id: int) -> None:
        self._spans[-1][1] = end
        self._spans.append([start, float("inf"), run_id])

    def between(self, start: float, end: float) -> set[float]:
        """The runs that may have been live at some moment from `start` to `end`."""
        return {run for begin, over, run in self._spans if begin <= end and over >= start}


def the_one_model(items: list[dict[str, Any]], runs: list[int]) -> int:
    """The run whose scores all items of a response show."""
    assert len(items) == 40
    told = {item["prediction"]["run_id"] for item in items}
    assert len(told) == 1, "one response, one model"
    (run_id,) = told
    says = SAYS[runs.index(run_id)]
    assert all(item["prediction"]["probabilities"]["mask"] == pytest.approx(says) for item in items)
    return int(run_id)


def test_no_review_request_sees_a_mixture_or_a_stale_score(server: Server) -> None:
    runs = scored_runs(add_waiting_faces(4, 25))
    live, stop = Live(runs[0]), threading.Event()
    with session_scope() as session:
        token = credentials.issue_token(session, "labeller", "Ada")[0]
        session.commit()

    def ask(_: int) -> tuple[float, float, list[dict[str, Any]]]:
        url = f"{server.url}/api/v1/queue?mode=review&limit=40"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=60) as response:
            return began, time.monotonic(), json.loads(response.read())["items"]

    def switch() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with session_scope() as session:
                run = session.get_one(Run, runs[number % len(runs)])
                promote.make_live(session, run, "next")
                began = time.monotonic()
                session.commit()
            live.switched(began, time.monotonic(), run.id)
            stop.wait(0.02)

    switching = threading.Thread(target=switch)
    switching.start()
    try:
        with ThreadPoolExecutor(REQUESTS) as pool:
            answers = list(pool.map(ask, range(REQUESTS * 4)))
    finally:
        stop.set()
        switching.join()
    served = set()
    for began, ended, items in answers:
        run_id = the_one_model(items, runs)
        assert run_id in live.between(began, ended)
        served.add(run_id)
    assert len(served) > 1, "the model did change meanwhile"
    with session_scope() as session:
        assert session.query(Face).count() == 100

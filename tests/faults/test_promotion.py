"""While models are promoted, each review response shows the scores of one model that was live then."""

import json
import threading
import time
import urllib.error
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

MASK_PROBABILITIES = (0.6, 0.7, 0.8)
"""The probability of `mask` that each run gives to every face; it identifies the run in a response."""
REQUESTS = 50


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    url = request.getfixturevalue("empty_postgres") if request.param == "postgres" else None
    with running_server(tmp_path, url) as server:
        yield server


def add_scored_runs(faces: list[int]) -> list[int]:
    """The ids of a run for each of MASK_PROBABILITIES, with a score for every face; the first is live."""
    with session_scope() as session:
        session.execute(update(Group).values(split="train"))
        run_ids = []
        for probability in MASK_PROBABILITIES:
            run = Run(recipe={}, seed=0, classes=[1, 2], status="done", head={}, finished_at=now())
            session.add(run)
            session.flush()
            row = {"run_id": run.id, "box_version": 1, "label": "mask", "margin": 2 * probability - 1}
            probabilities = [probability, 1 - probability]
            session.add_all(Score(**row, face_id=id, probabilities=probabilities) for id in faces)
            run_ids.append(run.id)
        session.merge(Workbench(id=1, live_run_id=run_ids[0]))
        session.commit()
        return run_ids


class LiveRuns:
    """Which run was live when: from the start of the commit that chose it to the end of the next one."""

    def __init__(self, first: int) -> None:
        self._spans = [[0.0, float("inf"), first]]

    def switch(self, start: float, end: float, run_id: int) -> None:
        self._spans[-1][1] = end
        self._spans.append([start, float("inf"), run_id])

    def between(self, start: float, end: float) -> set[float]:
        """The runs that may have been live at some moment from `start` to `end`."""
        return {run for first, last, run in self._spans if first <= end and last >= start}


def scoring_run(items: list[dict[str, Any]], runs: list[int]) -> int:
    """The run whose scores all items of a response show."""
    assert items, "other requests of the same person take faces, but never all"
    run_ids = {item["prediction"]["run_id"] for item in items}
    assert len(run_ids) == 1, "a response shows the scores of one model"
    (run_id,) = run_ids
    probability = MASK_PROBABILITIES[runs.index(run_id)]
    assert all(item["prediction"]["probabilities"]["mask"] == pytest.approx(probability) for item in items)
    return int(run_id)


def test_each_review_response_shows_the_scores_of_a_live_run(server: Server) -> None:
    runs = add_scored_runs(add_waiting_faces(4, 25))
    live_runs, stop = LiveRuns(runs[0]), threading.Event()
    with session_scope() as session:
        token = credentials.issue_token(session, "labeller", "Ada")[0]
        session.commit()

    def ask(_: int) -> tuple[float, float, list[dict[str, Any]]]:
        url = f"{server.url}/api/v1/queue?mode=review&limit=40"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        while True:
            start = time.monotonic()
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    return start, time.monotonic(), json.loads(response.read())["items"]
            except urllib.error.HTTPError as busy:
                if busy.code != 503:  # so many ask at once
                    raise
                time.sleep(float(busy.headers["Retry-After"]))

    def promote_in_turn() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with session_scope() as session:
                run = session.get_one(Run, runs[number % len(runs)])
                promote.make_live(session, run, "next")
                start = time.monotonic()
                session.commit()
            live_runs.switch(start, time.monotonic(), run.id)
            stop.wait(0.02)

    promoting = threading.Thread(target=promote_in_turn)
    promoting.start()
    try:
        with ThreadPoolExecutor(REQUESTS) as pool:
            responses = list(pool.map(ask, range(REQUESTS * 4)))
    finally:
        stop.set()
        promoting.join()
    served = set()
    for start, end, items in responses:
        run_id = scoring_run(items, runs)
        assert run_id in live_runs.between(start, end)
        served.add(run_id)
    assert len(served) > 1, "the model changed meanwhile"
    with session_scope() as session:
        assert session.query(Face).count() == 100

"""Webhooks of a whole workbench: a slow receiver, a killed worker, five real minutes without the receiver."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as Verifier

from db.webhooks.events import emit, run_ended
from tests.pictures import jpeg, portrait
from tests.webhook_receiver import Receiver, Reply, Request, receiving
from tests.workbench_process import Workbench, free_port, running_workbench, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
EVENTS = ["photo.ready", "run.done", "model.promoted", "review.ready"]


@contextmanager
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path / "data", WEBHOOK_NETWORKS="127.0.0.1/32") as bench:
        bench.sign_in()
        yield bench


def add_webhook(bench: Workbench, url: str) -> tuple[int, str]:
    status, added = bench.call("POST", "/webhooks", {"url": url, "events": EVENTS})
    assert status == 201, added
    return added["id"], added["secret"]


@contextmanager
def rows(bench: Workbench) -> Iterator[Session]:
    """A session on the workbench's own database."""
    engine = create_engine(f"sqlite:///{bench.data}/secondlook.db", connect_args={"timeout": 15})
    with Session(engine) as session:
        yield session
        session.commit()
    engine.dispose()


@pytest.mark.full_size
def test_a_slow_receiver_holds_up_nobody_else(tmp_path: Path) -> None:
    over = threading.Event()

    def hold(_request: Request) -> Reply:
        over.wait(60)
        return 200, {}, b""

    with receiving() as slow, receiving() as quick, workbench(tmp_path) as bench:
        slow.answers = hold
        add_webhook(bench, slow.url)
        _id, secret = add_webhook(bench, quick.url)
        for seed in range(3):
            status, photo = bench.call("POST", "/photos", file=jpeg(portrait(seed, True)))
            assert status == 201
        wait_until(lambda: len(quick.requests) == 3, 90, "the other receiver is told of all photos")
        assert len(slow.requests) <= 1
        assert bench.photos_done()
        over.set()
    for request in quick.requests:
        Verifier(secret).verify(request.body, request.headers)
    assert photo["id"] in {data["photo_id"] for data in quick.data}


@pytest.mark.full_size
def test_a_worker_that_is_killed_while_it_sends_sends_again_under_the_same_id(tmp_path: Path) -> None:
    with receiving() as receiver, workbench(tmp_path) as bench:
        kill_during_the_first(receiver, bench)
        hook_id, secret = add_webhook(bench, receiver.url)
        bench.call("POST", f"/webhooks/{hook_id}/test")
        wait_until(lambda: len(receiver.requests) >= 2, 180, "the next worker sends it again")
        wait_until(lambda: delivered(bench, hook_id) == 1, 60, "and notes it")
    first, second = receiver.requests[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    Verifier(secret).verify(second.body, second.headers)


def kill_during_the_first(receiver: Receiver, bench: Workbench) -> None:
    def answer(_request: Request) -> Reply:
        if len(receiver.requests) == 1:
            for pid in bench.pids("webhooks@"):
                os.kill(pid, signal.SIGKILL)
        return 200, {}, b""

    receiver.answers = answer


def delivered(bench: Workbench, hook_id: int) -> int:
    items = bench.call("GET", f"/webhooks/{hook_id}/deliveries")[1]["items"]
    return sum(one["status"] == "delivered" for one in items)


@pytest.mark.full_size
def test_five_minutes_without_the_receiver_lose_nothing_and_keep_the_order(tmp_path: Path) -> None:
    port = free_port()
    with workbench(tmp_path) as bench:
        hook_id, secret = add_webhook(bench, f"http://127.0.0.1:{port}/hook")
        for run in (1, 2, 3):
            with rows(bench) as session:
                run_ended(session, run, "done")
                emit(session, "model.promoted", {"run_id": run, "previous_run_id": None, "by_hand": False})
                emit(session, "review.ready", {"run_id": run, "faces": 20})
            time.sleep(100)
        assert delivered(bench, hook_id) == 0
        with receiving(port) as receiver:
            wait_until(lambda: delivered(bench, hook_id) == 9, 330, "all of it arrives")
    for request in receiver.requests:
        Verifier(secret).verify(request.body, request.headers)
    for run in (1, 2, 3):
        of_run = [one.json["type"] for one in receiver.requests if one.json["data"]["run_id"] == run]
        assert of_run == ["run.done", "model.promoted", "review.ready"]
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 9

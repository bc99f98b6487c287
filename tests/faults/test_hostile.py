"""Hostile files are accepted or refused with a message: no 5xx, no crash, no process over 1 GB."""

import io
import re
import socket
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import psutil
import pytest

from db.migrate import upgrade
from db.session import session_scope
from labeller.people import credentials
from tests.environment import PROVE
from tests.hostile_files import hostile_files, mutations
from tests.workbench_process import Workbench, running_workbench, wait_until
from web import create_app

pytestmark = pytest.mark.slow

MUTATIONS = 2000 if PROVE else 200
SENDERS = 2
MEMORY_LIMIT = 1 << 30


@contextmanager
def peak_memory(process: psutil.Process, others: Collection[psutil.Process] = ()) -> Iterator[dict[str, int]]:
    """The largest resident size of any process below `process`, except `others`, while the block runs."""
    peak = {"bytes": 0}
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(0.05):
            for child in process.children(recursive=True):
                if child not in others:
                    peak["bytes"] = max(peak["bytes"], peak_resident_bytes(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        stopped.set()
        watcher.join()


def peak_resident_bytes(pid: int) -> int:
    """The peak resident size of a process in bytes; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    match = re.search(r"VmHWM:\s+(\d+) kB", status)  # missing while the process exits
    return int(match[1]) << 10 if match else 0


@pytest.mark.full_size
def test_hostile_files_are_accepted_or_refused_and_the_detector_survives(
    tmp_path: Path,
) -> None:
    files = hostile_files()
    assert len(files) >= 60
    with running_workbench(tmp_path / "data") as workbench:
        workbench.sign_in()
        assert workbench.process is not None
        detector = workbench.pids("detect@")
        with peak_memory(psutil.Process(workbench.process.pid)) as peak:
            for name, content in files.items():
                status, body = workbench.call("POST", "/photos", file=content)
                assert 200 <= status < 300 or 400 <= status < 500, (name, status, body)
                if status >= 400:
                    assert body["error"]["message"].endswith("."), name
                    assert body["error"]["hint"], name
            send_half_a_part(workbench)
            assert workbench.call("POST", "/uploads", {"sha256": ["a" * 64]})[1]["arrived"] == []
            wait_until(workbench.photos_done, 120, "faces are proposed for every accepted photo")
        assert peak["bytes"] < MEMORY_LIMIT
        counts = workbench.call("GET", "/stats")[1]["photos"]
        assert counts.get("ready", 0) >= 10, "unusual photos are accepted"
        assert "failed" not in counts
        assert workbench.pids("detect@") == detector, "the detect worker was not restarted"
        log = (tmp_path / "data" / "run" / "logs" / "web.log").read_text()
        assert "Traceback" not in log


def send_half_a_part(workbench: Workbench) -> None:
    """Announce 1,000 bytes, send 500 and close the connection."""
    head = f"PUT /api/v1/uploads/{'a' * 64}/0?of=2 HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n"
    with socket.create_connection(("127.0.0.1", workbench.port), timeout=20) as connection:
        connection.sendall(f"{head}Authorization: Bearer {workbench.token}\r\n\r\n".encode() + bytes(500))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_mutated_photos_are_accepted_or_refused(data: Path) -> None:
    upgrade()
    with session_scope() as session:
        token, _ = credentials.issue_token(session, "owner", "Grace")
        session.commit()
    this = psutil.Process()
    others = this.children(recursive=True)  # the browser and the database server of other tests
    with (
        peak_memory(this, others) as peak,
        ProcessPoolExecutor(SENDERS, get_context("spawn")) as pool,
    ):
        results = pool.map(send_every_nth, range(SENDERS), [token] * SENDERS)
        statuses = Counter(status for result in results for status in result)
    assert statuses.total() == MUTATIONS
    assert set(statuses) <= {200, 201, 400, 413}, statuses
    assert statuses[201] > MUTATIONS / 50, "some mutations are still photos"
    assert statuses[400] > MUTATIONS / 5, "many are not"
    assert peak["bytes"] < MEMORY_LIMIT
    print(dict(statuses), f"largest process {peak['bytes'] >> 20} MB")


def send_every_nth(first: int, token: str) -> list[int]:
    """Send every SENDERS-th mutation, starting with number `first`, in two threads; the statuses."""
    app = create_app()

    def send(content: bytes) -> int:
        response = app.test_client().post(
            "/api/v1/photos",
            data={"file": (io.BytesIO(content), "selfie.jpg")},
            headers={"Authorization": f"Bearer {token}"},
        )
        return response.status_code

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(send, islice(mutations(MUTATIONS), first, None, SENDERS)))

"""Files that nobody should send never end in more than words: no 5xx, no large process, no long wait."""

import io
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
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

MUTATIONS = 5000 if PROVE else 1000
SENDERS = 2
LARGEST = 1 << 30
LONGEST = 20.0


@contextmanager
def peak_memory(process: psutil.Process) -> Iterator[dict[str, int]]:
    """The largest resident size of any process below `process` while the block runs."""
    peak = {"bytes": 0}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for child in process.children(recursive=True):
                peak["bytes"] = max(peak["bytes"], high_water(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def high_water(pid: int) -> int:
    """The most memory the process ever held, in bytes; 0 once it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)  # none while it is ending
    return int(found[1]) << 10 if found else 0


def test_odd_files_are_taken_or_refused_in_words_and_the_detector_lives_on(tmp_path: Path) -> None:
    files = hostile_files()
    assert len(files) >= 60
    with running_workbench(tmp_path / "data") as bench:
        bench.sign_in()
        assert bench.process is not None
        detector = bench.pids("detect@")
        with peak_memory(psutil.Process(bench.process.pid)) as peak:
            for name, content in files.items():
                began = time.monotonic()
                status, body = bench.call("POST", "/photos", file=content)
                assert 200 <= status < 300 or 400 <= status < 500, (name, status, body)
                assert time.monotonic() - began < LONGEST, name
                if status >= 400:
                    assert body["error"]["message"].endswith("."), name
                    assert body["error"]["hint"], name
            send_half_a_part(bench)
            assert bench.call("POST", "/uploads", {"sha256": ["a" * 64]})[1]["arrived"] == []
            wait_until(bench.photos_done, 120, "every photo that was taken is looked at")
        assert peak["bytes"] < LARGEST
        counts = bench.call("GET", "/stats")[1]["photos"]
        assert counts.get("ready", 0) >= 10, "what is strange but a photo is taken"
        assert "failed" not in counts
        assert bench.pids("detect@") == detector, "the detect worker was not started anew"
        log = (tmp_path / "data" / "run" / "logs" / "web.log").read_text()
        assert "Traceback" not in log


def send_half_a_part(bench: Workbench) -> None:
    """Announce 1,000 bytes, send 500, and go."""
    head = f"PUT /api/v1/uploads/{'a' * 64}/0?of=2 HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n"
    with socket.create_connection(("127.0.0.1", bench.port), timeout=20) as connection:
        connection.sendall(f"{head}Authorization: Bearer {bench.token}\r\n\r\n".encode() + bytes(500))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_seeded_mutations_are_taken_or_refused(data: Path) -> None:
    upgrade()
    with session_scope() as session:
        token, _ = credentials.issue_token(session, "owner", "Grace")
        session.commit()
    with (
        peak_memory(psutil.Process()) as peak,
        ProcessPoolExecutor(SENDERS, get_context("spawn")) as pool,
    ):
        shares = pool.map(send_share, range(SENDERS), [token] * SENDERS)
        sent = [one for share in shares for one in share]
    statuses = Counter(status for status, _ in sent)
    slowest = max(seconds for _, seconds in sent)
    assert len(sent) == MUTATIONS
    assert set(statuses) <= {200, 201, 400, 413}, statuses
    assert statuses[201] > MUTATIONS / 50, "some are still photos"
    assert statuses[400] > MUTATIONS / 5, "most are not"
    assert slowest < LONGEST
    assert peak["bytes"] < LARGEST
    print(dict(statuses), f"slowest {slowest:.2f} s, largest process {peak['bytes'] >> 20} MB")


def send_share(first: int, token: str) -> list[tuple[int, float]]:
    """In a process of its own, by two threads: every SENDERS-th mutation's (status, seconds)."""
    app = create_app()

    def send(content: bytes) -> tuple[int, float]:
        began = time.monotonic()
        response = app.test_client().post(
            "/api/v1/photos",
            data={"file": (io.BytesIO(content), "selfie.jpg")},
            headers={"Authorization": f"Bearer {token}"},
        )
        return response.status_code, time.monotonic() - began

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(send, islice(mutations(MUTATIONS), first, None, SENDERS)))

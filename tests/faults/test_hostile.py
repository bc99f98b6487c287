"""Files that nobody should send never end in more than words: no 5xx, no large process, no long wait."""

import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import psutil
import pytest

from db.migrate import upgrade
from db.session import session_scope
from labeller import people
from tests.hostile import mutations, odd_files
from tests.workbench import running, wait_until
from web import create_app

pytestmark = pytest.mark.slow

MUTATIONS = 5000
SENDERS = 2
LARGEST = 1 << 30
LONGEST = 20.0


@contextmanager
def peak_memory(family: Callable[[], list[psutil.Process]]) -> Iterator[dict[str, int]]:
    """The largest resident size of any process of the family while the block runs."""
    peak = {"bytes": 0}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            try:
                peak["bytes"] = max([peak["bytes"], *(member.memory_info().rss for member in family())])
            except psutil.NoSuchProcess:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def family_of(pids: list[int]) -> list[psutil.Process]:
    parents = [psutil.Process(pid) for pid in pids]
    return parents + [child for parent in parents for child in parent.children(recursive=True)]


def test_odd_files_are_taken_or_refused_in_words_and_the_detector_lives_on(tmp_path: Path) -> None:
    files = odd_files()
    assert len(files) >= 60
    with running(tmp_path / "data") as bench:
        bench.sign_in()
        detector = bench.pids("detect@")
        # What a photo passes through: the web process, the decoders below it, the detect worker.
        passed = bench.pids("gunicorn") + detector
        with peak_memory(lambda: family_of(passed)) as peak:
            for name, content in files.items():
                began = time.monotonic()
                status, body = bench.call("POST", "/photos", file=content)
                assert 200 <= status < 300 or 400 <= status < 500, (name, status, body)
                assert time.monotonic() - began < LONGEST, name
                if status >= 400:
                    assert body["error"]["message"].endswith("."), name
                    assert body["error"]["hint"], name
            wait_until(bench.photos_done, 120, "every photo that was taken is looked at")
        assert peak["bytes"] < LARGEST
        counts = bench.call("GET", "/stats")[1]["photos"]
        assert counts.get("ready", 0) >= 10, "what is strange but a photo is taken"
        assert "failed" not in counts
        assert bench.pids("detect@") == detector, "the detect worker was not started anew"
        log = (tmp_path / "data" / "run" / "logs" / "web.log").read_text()
        assert "Traceback" not in log


def test_5000_seeded_mutations_are_taken_or_refused(data: Path) -> None:
    upgrade()
    with session_scope() as session:
        token, _ = people.issue_token(session, "owner", "Grace")
        session.commit()
    with (
        peak_memory(lambda: psutil.Process().children(recursive=True)) as peak,
        ProcessPoolExecutor(SENDERS, get_context("spawn")) as pool,
    ):
        sent = list(pool.map(send_share, range(SENDERS), [token] * SENDERS))
    statuses = sum((counted for counted, _ in sent), Counter[int]())
    slowest = max(longest for _, longest in sent)
    assert sum(statuses.values()) == MUTATIONS
    assert set(statuses) <= {200, 201, 400, 413}, statuses
    assert statuses[201] > 100, "some are still photos"
    assert statuses[400] > 1000, "most are not"
    assert slowest < LONGEST
    assert peak["bytes"] < LARGEST
    print(dict(statuses), f"slowest {slowest:.2f} s, largest process {peak['bytes'] >> 20} MB")


def send_share(first: int, token: str) -> tuple[Counter[int], float]:
    """Send every SENDERS-th mutation to an app of its own; statuses and the longest wait in seconds."""
    app = create_app()
    statuses: Counter[int] = Counter()
    slowest = 0.0
    for content in islice(mutations(MUTATIONS), first, None, SENDERS):
        began = time.monotonic()
        response = app.test_client().post(
            "/api/v1/photos",
            data={"file": (io.BytesIO(content), "selfie.jpg")},
            headers={"Authorization": f"Bearer {token}"},
        )
        slowest = max(slowest, time.monotonic() - began)
        statuses[response.status_code] += 1
    return statuses, slowest

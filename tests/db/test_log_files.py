"""Logs stay small while they are written, and on a full disk lines are lost, not programs."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from db import log_files
from db.supervisor import Program, Supervisor
from tests.workbench_process import ROOT, wait_until

CHATTY = """
import time
for number in range(10**9):
    print("line", number, flush=True)
    number % 50 or time.sleep(0.01)
"""
LOGGING = """
from db import logs
import structlog
logs.configure()
for number in range(1000):
    structlog.get_logger().warning("no_room", number=number)
"""


@pytest.fixture
def small_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MAX_BYTES", 1000)


@pytest.mark.usefixtures("small_logs")
def test_the_generations_of_a_log_hold_its_end(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    with log_files.open_log(path) as log:
        for number in range(1000):
            log.write(f"line {number}\n".encode())
            log.flush()
            log_files.keep_small(path)
    files = {file.name: file for file in tmp_path.iterdir()}
    assert set(files) == {"web.log", "web.1.log", "web.2.log", "web.3.log"}
    assert all(file.stat().st_size <= 1010 for file in files.values())
    newest_last = [files[f"web.{number}.log"] for number in (3, 2, 1)] + [path]
    lines = "".join(file.read_text() for file in newest_last).splitlines()
    assert lines[1:] == [f"line {number}" for number in range(1001 - len(lines), 1000)]


@pytest.mark.slow
@pytest.mark.usefixtures("small_logs")
def test_a_program_that_goes_on_writing_has_a_small_log(tmp_path: Path) -> None:
    supervisor = Supervisor([Program("chatty", [sys.executable, "-c", CHATTY])], tmp_path)
    supervisor.start()
    thread = threading.Thread(target=supervisor.watch)
    thread.start()
    try:
        wait_until((tmp_path / "logs" / "chatty.3.log").exists, 30, "three generations")
    finally:
        supervisor.stop.set()
        thread.join()
    assert all(file.stat().st_size < 500_000 for file in (tmp_path / "logs").iterdir())


def test_a_log_line_that_finds_no_room_is_dropped() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", LOGGING], cwd=ROOT, stdout=full, stderr=full)
    assert done.returncode == 0


@pytest.mark.slow
def test_a_full_disk_ends_no_launcher(tmp_path: Path) -> None:
    """Neither the logs nor the list of processes can be written, then they can."""
    program = Program("short", [sys.executable, "-c", "print('here')"])
    supervisor = Supervisor([program], tmp_path)
    (tmp_path / "logs").symlink_to("/nowhere/at/all")
    (tmp_path / "processes.new").symlink_to("/dev/full")
    supervisor.start()
    thread = threading.Thread(target=supervisor.watch)
    thread.start()
    try:
        first = program.started
        wait_until(lambda: program.started > first, 30, "it is started again", every=0.02)
        assert not (tmp_path / "processes.json").exists()
        (tmp_path / "logs").unlink()
        (tmp_path / "processes.new").unlink()
        wait_until((tmp_path / "processes.json").exists, 30, "the list is stored", every=0.02)
        wait_until((tmp_path / "logs" / "short.log").exists, 30, "it has a log", every=0.02)
        assert thread.is_alive()
    finally:
        supervisor.stop.set()
        thread.join()

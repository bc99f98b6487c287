"""A program is over when all that it started is over, and what they held can be had again."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from db import families
from db.process_list import ProcessList
from db.supervisor import Program, Supervisor
from tests.workbench_process import free_port, wait_until

pytestmark = pytest.mark.slow
LISTEN = (
    "import socket, sys, time; one = socket.create_server(('127.0.0.1', {port})); "
    "print('listens', flush=True); "
)
PARENT = (
    "import subprocess, sys, time; "
    'subprocess.Popen([sys.executable, "-c", "{listen}time.sleep(600)"]); time.sleep(600)'
)
MAIN_THREAD_ENDS = (
    "import ctypes, threading; threading.Thread(target=time.sleep, args=(600,)).start(); "
    "ctypes.CDLL(None).pthread_exit(None)"
)


def parent_of_a_listener(port: int) -> list[str]:
    """A program that listens in a child of its own."""
    return [sys.executable, "-c", PARENT.format(listen=LISTEN.format(port=port))]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor that keeps a parent of a listener running."""
    program = Program("web", parent_of_a_listener(free_port()))
    supervisor = Supervisor([program], tmp_path)
    supervisor.start()
    watching = threading.Thread(target=supervisor.watch)
    watching.start()
    yield supervisor
    supervisor.stop.set()
    watching.join(60)
    assert not watching.is_alive()


def the_family(supervisor: Supervisor) -> list[psutil.Process]:
    """The program and its child, once both run."""
    process = supervisor._programs[0].process
    family = families.members([process.pid] if process else [])
    return family if len(family) == 2 else []


def test_a_killed_program_is_started_again_without_its_children(supervisor: Supervisor) -> None:
    before = wait_until(lambda: the_family(supervisor), 30, "it runs")
    (leader,) = [process for process in before if process.pid == os.getsid(process.pid)]
    leader.send_signal(signal.SIGKILL)
    wait_until(lambda: the_family(supervisor) and the_family(supervisor) != before, 30, "it runs again")
    assert all(map(families.is_gone, before))


def test_the_next_start_ends_the_children_of_a_program_that_is_gone(tmp_path: Path) -> None:
    port = free_port()
    killed = Supervisor([Program("web", parent_of_a_listener(port))], tmp_path)
    killed.start()
    family = wait_until(lambda: the_family(killed), 30, "it runs")
    process = killed._programs[0].process
    assert process is not None
    process.kill()
    process.wait()
    ProcessList(tmp_path / "processes.json").end_leftovers()
    assert all(map(families.is_gone, family))
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_process_is_there_while_one_of_its_threads_runs() -> None:
    port = free_port()
    command = [sys.executable, "-c", LISTEN.format(port=port) + MAIN_THREAD_ENDS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listens\n"
        zombie = psutil.Process(process.pid)
        wait_until(lambda: zombie.status() == psutil.STATUS_ZOMBIE, 30, "its main thread has ended")
        assert not families.is_gone(zombie)
        families.stop([process.pid], patience=0)
        with socket.create_server(("127.0.0.1", port)):
            pass

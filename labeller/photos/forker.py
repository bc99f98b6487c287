"""A program that forks a locked-in child for each file from outside: starting it, and what it does itself."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from labeller.photos import sandbox

PYTHON_NEEDS = ("LD_LIBRARY_PATH", "PYTHONHOME")


class Forker:
    """A program, by the name of its module; it is started when it is first needed, and when it has ended.

    Of our environment, which has secrets, it gets only what Python may need to start.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._starting = threading.Lock()
        self._line: socket.socket | None = None

    def hand_over(self, *descriptors: int) -> None:
        """Pass a connection, and perhaps an open file, to the program, which gives them to a new child."""
        with self._starting:
            if self._line is not None:
                try:
                    socket.send_fds(self._line, [b"."], descriptors)
                    return
                except OSError:
                    self._line.close()
            self._line = self._start()
            socket.send_fds(self._line, [b"."], descriptors)

    def _start(self) -> socket.socket:
        """Our end of the connection to the program, which ends when this process does."""
        ours, theirs = socket.socketpair()
        with theirs:
            subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=theirs.fileno(),
                cwd=Path(__file__).parents[2],
                env={name: os.environ[name] for name in PYTHON_NEEDS if name in os.environ},
            )
        return ours


def serve(limits: sandbox.Limits, respond: Callable[..., None]) -> None:
    """In the program: call `respond` in a new child with the connection and the files that were handed over.

    Returns when the process that started the program has ended. What the children need of modules and data
    is loaded before, since they can open no file.
    """
    sandbox.load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends our parent, and then us
    line = socket.socket(fileno=0)
    while True:
        data, descriptors, _, _ = socket.recv_fds(line, 1, 2)
        if not data:
            return
        first, *others = descriptors
        with ExitStack() as stack:
            connection = stack.enter_context(socket.socket(fileno=first))
            files = [stack.enter_context(open(one, "rb", 0)) for one in others]
            if os.fork() == 0:
                sandbox.lock_in(descriptors, limits)
                respond(connection, *files)
                os._exit(0)

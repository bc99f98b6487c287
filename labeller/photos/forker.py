"""Starting a program that forks a child for each file from outside, and handing such files over."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

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
        """Pass open files to the program, which gives them to a new child."""
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

"""Runs a module in a process of its own, which answers in lines of JSON: web never loads a network."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
LAST_LINES = 15


class ChildFailed(Exception):
    """The process failed; the message holds the last lines it wrote to stderr."""


def lines(module: str, request: object) -> Generator[dict[str, Any]]:
    """The JSON lines that `python -m module` prints; `request` is its stdin. Raises ChildFailed.

    Closing it ends the process and its children, so wrap it in `contextlib.closing`.
    """
    with tempfile.TemporaryFile("w+") as stdin, tempfile.TemporaryFile("w+") as errors:
        json.dump(request, stdin)
        stdin.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            start_new_session=True,  # Ctrl-C is for us; we end it with its children
        )
        try:
            assert child.stdout is not None
            yield from map(json.loads, child.stdout)
            if child.wait():
                raise ChildFailed(_last(errors))
        finally:
            _end(child)


def _end(child: "subprocess.Popen[str]") -> None:
    """End the whole process group: workers of a pool outlive a main process that was killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(5)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    child.wait()


def _last(errors: IO[str]) -> str:
    errors.seek(0)
    return "".join(errors.readlines()[-LAST_LINES:]).strip()

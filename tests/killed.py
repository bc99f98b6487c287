"""Does work in processes that are killed at a chosen step, like a power cut.

Each work is done by a child that is forked for it, so that nothing is imported again. It counts its steps,
which are what it asks of the system (opening, renaming, removing files, connecting) and what it reports, and
kills itself before the chosen one.
"""

import importlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.conftest import forget_settings
from tests.workbench_process import ROOT

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "sqlite3.connect", "step"}


class Victims:
    """A process whose children call the functions of one module."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, function: str, *arguments: str, at: int = 0, **env: str) -> int:
        """The number of steps it took, -1 if it was killed before step `at`; 0 lets it end.

        It has the environment of this process as it is now, and `env`.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"function": function, "arguments": arguments, "at": at, "env": os.environ | env}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def victims(module: str) -> Iterator[Victims]:
    """A process that has imported the module."""
    command = [sys.executable, "-m", "tests.killed", module]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Victims(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def choose_steps(steps: int, seed: int, most: int) -> list[int]:
    """At which steps to kill: all if they are few, else as many as `most`, the last among them."""
    before_last = random.Random(seed).sample(range(1, steps), min(most, steps) - 1)
    return sorted([*before_last, steps])


def _count_steps(call: Callable[..., object], arguments: list[str], at: int) -> int:
    count = 0

    def step(name: str, _arguments: object) -> None:
        nonlocal count
        if name in STEPS:
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(step)
    call(*arguments)
    return count


def _answer(module: Any, order: dict[str, Any]) -> int:
    """In a child: its number of steps, -1 if it was killed."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reader)
        os.environ.update(order["env"])
        forget_settings()
        count = _count_steps(getattr(module, order["function"]), order["arguments"], order["at"])
        os.write(writer, str(count).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        count = int(answer.read() or -1)
    _, status = os.waitpid(child, 0)
    assert count >= 0 or os.WTERMSIG(status) == signal.SIGKILL, "it failed"
    return count


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what children print or log is no answer
    module = importlib.import_module(sys.argv[1])
    for line in sys.stdin:
        print(_answer(module, json.loads(line)), file=answers, flush=True)


if __name__ == "__main__":
    main()

"""Makes backups and restores that are killed at a chosen step.

Reads a line of JSON for each from stdin: `{"do": "backup" | "restore", "file", "at", "env"}`. A child that is
forked for it counts its steps, which are what it asks of the system (opening, renaming, removing files,
connecting) and each report of its progress, and kills itself like a power cut before step `at`; 0: never.
Answers with a line: the number of steps if it ended, else -1.
"""

import json
import os
import signal
import sys
from pathlib import Path

from db.backup.create import back_up_to
from db.backup.restore import restore

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"}


def run(order: dict[str, object]) -> int:
    os.environ.update(order["env"])  # type: ignore[arg-type]
    count = 0

    def step(name: str, _arguments: object = None) -> None:
        nonlocal count
        if name in STEPS:
            count += 1
            if count == order["at"]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(step)
    do = back_up_to if order["do"] == "backup" else restore
    do(Path(str(order["file"])), lambda share: step("open"))
    return count


def main() -> None:
    for line in sys.stdin:
        reader, writer = os.pipe()
        if (child := os.fork()) == 0:
            os.close(reader)
            os.write(writer, str(run(json.loads(line))).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            count = int(answer.read() or -1)
        os.waitpid(child, 0)
        print(count, flush=True)


if __name__ == "__main__":
    main()

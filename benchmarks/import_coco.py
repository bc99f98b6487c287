"""Importing a large COCO dataset: memory and time, and that a kill in the middle loses and doubles nothing.

    .venv/bin/python -m benchmarks.import_coco [photos] [faces a photo]

By `flask import` in a process of its own, on small pictures that it draws itself. The first attempt is killed
once a third of the photos are there; the second ends.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from sqlalchemy import func, select

from benchmarks.report import report
from db.migrate import upgrade
from db.models import Answer, Face, Photo
from db.session import session_scope
from tests.conftest import forget_settings
from tests.labeller.imports.coco_files import write_coco

POLL_SECONDS = 0.2
COMMAND = [sys.executable, "-m", "flask", "import"]


def counts() -> list[int]:
    """Photos, faces and answers."""
    with session_scope() as session:
        return [session.scalar(select(func.count()).select_from(one)) or 0 for one in (Photo, Face, Answer)]


def memory(process: psutil.Process) -> float:
    """Of the process and its children together, in MB."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().uss / 1e6
        except psutil.Error:  # it has just ended
            continue
    return total


def run(folder: Path, until: int | None) -> dict[str, float]:
    """Import, until so many photos are there; seconds, and the peak of memory."""
    began, peak = time.monotonic(), 0.0
    with subprocess.Popen(
        [*COMMAND, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as work:
        process = psutil.Process(work.pid)
        while work.poll() is None:
            peak = max(peak, memory(process))
            if until is not None and counts()[0] >= until:
                work.send_signal(signal.SIGKILL)
                break
            time.sleep(POLL_SECONDS)
    return {"seconds": time.monotonic() - began, "peak (MB)": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="?", type=int, default=2_500)
    parser.add_argument("faces", nargs="?", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["DATA"], os.environ["FLASK_APP"] = f"{place}/data", "web:create_app"
        os.environ["LOG_LEVEL"] = "error"
        forget_settings()
        upgrade()
        folder = write_coco(Path(place) / "set", arguments.photos, arguments.faces)
        first = run(folder, arguments.photos // 3)
        killed_at = counts()
        second = run(folder, None)
        boxes = arguments.photos * arguments.faces
        figures: dict[str, object] = {
            "boxes": boxes,
            "killed with photos, faces, answers": killed_at,
            "at the end": counts(),
            "first attempt": first,
            "second attempt": second,
        }
        assert counts() == [arguments.photos, boxes, boxes]
    report("import_coco", f"a COCO of {boxes} boxes in under 600 MB, and resumable after a kill", figures)


if __name__ == "__main__":
    main()

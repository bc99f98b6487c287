"""What a laptop notices: seconds until all is up, memory when idle, seconds for an import and for a retrain
from a rested and from a warm train worker.

    .venv/bin/python -m benchmarks.laptop [photos]

Uses real photographs where `benchmarks.photographs` has them. Memory is the PSS of all processes, once the
workers that hold TensorFlow have ended (here after 3 idle seconds instead of 5 minutes).
"""

import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import photographs
from benchmarks.report import report
from benchmarks.warm_retrain import answer, retrain
from tests.workbench_process import Workbench, running_workbench, wait_until

NEW, REPEATS = 10, 3


def write_folders(folder: Path, count: int) -> Path:
    for number, picture in enumerate(photographs.labelled_faces(count)):
        path = folder / picture.label / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture.content)
    return folder


def seconds_to_start(data: Path) -> float:
    began = time.monotonic()
    with running_workbench(data):
        return time.monotonic() - began


def rest(bench: Workbench) -> None:
    """Wait until the workers that hold a network have ended."""
    wait_until(lambda: not bench.pids("confirm@") and not bench.pids("train@"), 900, "they rest", every=1)


def megabytes(bench: Workbench) -> float:
    assert bench.process is not None
    launcher = psutil.Process(bench.process.pid)
    processes = [launcher, *launcher.children(recursive=True)]
    return sum(one.memory_full_info().pss for one in processes) / 1e6


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 792
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as temporary:
        data, photos = Path(temporary) / "data", write_folders(Path(temporary) / "faces", count)
        figures["first start to all up (s)"] = seconds_to_start(data)
        figures["second start to all up (s)"] = seconds_to_start(data)
        with running_workbench(data, WORKER_IDLE_MINUTES="0.05") as bench:
            bench.sign_in()
            bench.token = bench.flask("token", "--role", "owner", "--person", "Owner").split()[0]
            began = time.monotonic()
            bench.flask("import", str(photos))
            figures[f"import of {count} photos, faces included (s)"] = time.monotonic() - began
            retrain(bench)
            rest(bench)
            figures["all processes, idle (MB)"] = megabytes(bench)
            faces = bench.call("GET", "/faces?state=confirmed&limit=1000")[1]["items"]
            rested = []
            for start in range(0, NEW * REPEATS, NEW):
                for face in faces[start : start + NEW]:
                    answer(bench, face, "label")
                rest(bench)
                rested.append(retrain(bench)[0])
            figures["retrain from a rested worker (s)"] = " ".join(f"{one:.1f}" for one in rested)
    report("laptop", "up within 10 s, 700 MB idle, a retrain from rest within 12 s", figures)


if __name__ == "__main__":
    main()

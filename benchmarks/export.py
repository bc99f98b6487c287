"""An export of many faces: how long until its first byte, and the memory of the web process and the worker.

    .venv/bin/python -m benchmarks.export [faces] [--format coco]

Of a whole workbench on generated rows, half as many photos as faces, a picture of 27 kB each. The file is
asked for over the API, made by the workbench's own worker, downloaded whole, and again from its middle on.
"""

import argparse
import os
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks.filled import fill
from benchmarks.report import report
from db.migrate import upgrade
from db.session import session_scope
from labeller.people import credentials
from tests.conftest import forget_settings
from tests.workbench_process import Workbench, running_workbench

POLL_SECONDS = 0.2
PIECE = 1 << 20


def memory(bench: Workbench, program: str) -> float:
    """Of the program's processes together, in MB; 0 while it does not run."""
    return sum(psutil.Process(pid).memory_full_info().uss for pid in bench.pids(program)) / 1e6


def make(bench: Workbench, format: str) -> tuple[str, dict[str, float]]:
    """Have an export made; the address of its file, and the figures."""
    began = time.monotonic()
    export = bench.api.start_export(format)
    peak = web = 0.0
    while (row := bench.api.get_export(export["id"]))["status"] in ("queued", "running"):
        peak, web = max(peak, memory(bench, "transfers@")), max(web, memory(bench, "web.cli.serve"))
        time.sleep(POLL_SECONDS)
    assert row["url"] is not None, row["error"]
    figures = {"made in (s)": time.monotonic() - began, "worker, peak (MB)": peak, "web, peak (MB)": web}
    return row["url"], figures | {"file (MB)": (row["size"] or 0) / 1e6}


def download(bench: Workbench, url: str, start: int = 0) -> dict[str, float]:
    """Read the file from `start` on: seconds to the first and the last byte, and the web's peak of memory."""
    headers = {"Authorization": f"Bearer {bench.token}", "Range": f"bytes={start}-"}
    began, peak, size = time.monotonic(), 0.0, 0
    with urllib.request.urlopen(urllib.request.Request(bench.url + url, headers=headers)) as response:
        response.read(1)
        first = time.monotonic() - began
        while piece := response.read(PIECE):
            size += len(piece)
            if size % (64 * PIECE) < PIECE:
                peak = max(peak, memory(bench, "web.cli.serve"))
    seconds = time.monotonic() - began
    return {"first byte (s)": first, "downloaded in (s)": seconds, "web while it is sent, peak (MB)": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", nargs="?", type=int, default=100_000)
    parser.add_argument("--format", default="coco")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        os.environ["DATA"] = str(folder)
        forget_settings()
        upgrade()
        with session_scope() as session:
            fill(session, arguments.faces)
            token, _ = credentials.issue_token(session, "owner", "Exporter")
            session.commit()
        bench = stack.enter_context(running_workbench(folder))
        bench.token = token
        figures: dict[str, object] = {
            "faces": arguments.faces,
            "web before (MB)": memory(bench, "web.cli.serve"),
        }
        url, made = make(bench, arguments.format)
        figures |= made | download(bench, url)
        middle = int(made["file (MB)"] * 5e5)
        figures |= {f"from the middle: {key}": value for key, value in download(bench, url, middle).items()}
    report("export", f"{arguments.faces} faces: first byte under 1 s, web and worker flat", figures)


if __name__ == "__main__":
    main()

"""How long `GET /api/v1/faces/{id}/similar` takes with 100,000 faces, against brute force in one process.

    .venv/bin/python -m benchmarks.similar [--faces 100000] [--rounds 6] [--each 60]

The features are random. Brute force is numpy with all vectors in float32, in the process of this script.
Both are asked for the same faces, by turns, and what they find is compared. The time of the API is
that of a whole request, one at a time, to a worker that has read all features.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.report import report
from db.models import Embedding, Face, Group, Photo
from db.session import session_scope
from tests.conftest import forget_settings
from tests.similar_worker import NETWORK
from tests.workbench_process import Workbench, running_workbench

LIMIT, BUDGET, AT_ONCE = 10, 50, 5000
PER_PHOTO = 5
IDLE = 0.15
"""Processors in use."""


def vectors_of(count: int) -> NDArray[np.float16]:
    rng = np.random.default_rng(0)
    parts = [rng.standard_normal((AT_ONCE, 1280), np.float32) for _ in range(0, count, AT_ONCE)]
    return np.concatenate([np.maximum(part + 0.5, 0).astype(np.float16) for part in parts])[:count]


def fill(session: Session, vectors: NDArray[np.float16]) -> None:
    """A face with features for each vector, five to a photo; ids begin with 1."""
    session.add(Group(id=1, split="train"))
    session.flush()
    numbers = range(1, len(vectors) + 1)
    photo = {"blob": "x", "view_blob": "x", "width": 9, "height": 9, "dhash": b"x", "group_id": 1}
    photos = [
        photo | {"id": i, "sha256": str(i), "status": "ready"} for i in numbers[: -(-len(vectors) // 5)]
    ]
    session.execute(insert(Photo), photos)
    box = {"x": 0, "y": 0, "w": 9, "h": 9, "source": "centerface", "proposed_box": []}
    session.execute(insert(Face), [box | {"id": i, "photo_id": (i - 1) // PER_PHOTO + 1} for i in numbers])
    key = {"box_version": 1, "backbone": NETWORK, "view": 0}
    for start in range(0, len(vectors), AT_ONCE):
        part = vectors[start : start + AT_ONCE]
        rows = [key | {"face_id": start + i + 1, "vector": row.tobytes()} for i, row in enumerate(part)]
        session.execute(insert(Embedding), rows)
        session.commit()
    session.execute(text("ANALYZE"))
    session.commit()


def ask(bench: Workbench, face: int) -> tuple[float, list[int]]:
    """Milliseconds of a request, and the faces found."""
    began = time.perf_counter()
    status, found = bench.call("GET", f"/faces/{face}/similar?limit={LIMIT}")
    assert status == 200, found
    return 1000 * (time.perf_counter() - began), [one["face_id"] for one in found["items"]]


class BruteForce:
    """All vectors in float32 and of length 1, and nothing else."""

    def __init__(self, vectors: NDArray[np.float16]) -> None:
        self.matrix = vectors.astype(np.float32)
        self.matrix /= np.linalg.norm(self.matrix, axis=1, keepdims=True)

    def ask(self, face: int) -> tuple[float, list[int]]:
        began = time.perf_counter()
        cosines = self.matrix @ self.matrix[face - 1]
        cosines[face - 1] = -2
        best = np.argpartition(cosines, -LIMIT)[-LIMIT:]
        ranked = best[np.argsort(-cosines[best])]
        return 1000 * (time.perf_counter() - began), (ranked + 1).tolist()


def processor_seconds(bench: Workbench) -> float:
    """What the web process and the worker have used so far: it hardly depends on what else runs."""
    times = [
        psutil.Process(pid).cpu_times() for word in ("web.cli.serve", "similar@") for pid in bench.pids(word)
    ]
    return sum(one.user + one.system for one in times)


def wait_until_idle(bench: Workbench) -> None:
    """Workers that have just started read and convert networks for some 20 s."""
    assert bench.process is not None
    everything = psutil.Process(bench.process.pid).children(recursive=True)
    while _seconds_of(everything, over=5) > 5 * IDLE:
        pass


def _seconds_of(processes: list[psutil.Process], over: float) -> float:
    """Processor time that they take meanwhile."""
    before = sum(sum(one.cpu_times()[:2]) for one in processes)
    time.sleep(over)
    return sum(sum(one.cpu_times()[:2]) for one in processes) - before


def megabytes(bench: Workbench, word: str) -> float:
    return max(psutil.Process(pid).memory_full_info().pss for pid in bench.pids(word)) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--each", type=int, default=60)
    arguments = parser.parse_args()
    vectors = vectors_of(arguments.faces)
    rng, api, brute, same, used = np.random.default_rng(1), list[float](), list[float](), 0, 0.0
    with tempfile.TemporaryDirectory() as folder, running_workbench(Path(folder)) as bench:
        bench.sign_in()
        os.environ["DATA"] = folder
        forget_settings()
        with session_scope() as session:
            fill(session, vectors)
        plain = BruteForce(vectors)
        first, _ = ask(bench, 1)
        wait_until_idle(bench)
        for _ in range(arguments.rounds):
            faces = rng.integers(1, arguments.faces, arguments.each).tolist()
            before = processor_seconds(bench)
            ours = [ask(bench, face) for face in faces]
            used += processor_seconds(bench) - before
            theirs = [plain.ask(face) for face in faces]
            api += [taken for taken, _ in ours]
            brute += [taken for taken, _ in theirs]
            same += sum(a == b for (_, a), (_, b) in zip(ours, theirs, strict=True))
        web, worker = megabytes(bench, "web.cli.serve"), megabytes(bench, "similar@")
    figures = {
        "faces": arguments.faces,
        "requests of each": len(api),
        "first request, worker started for it (ms)": first,
        "API: p50 (ms)": float(np.median(api)),
        "API: p95 (ms)": float(np.percentile(api, 95)),
        "API: processor time of web and worker (ms)": 1000 * used / len(api),
        "brute force: p50 (ms)": float(np.median(brute)),
        "brute force: p95 (ms)": float(np.percentile(brute, 95)),
        "the same ten in the same order": f"{same} of {len(api)}",
        "web process (MB, PSS)": web,
        "worker (MB, PSS)": worker,
        "load of the machine": os.getloadavg()[0],
    }
    report("similar", f"with {arguments.faces:,} faces p95 under {BUDGET} ms, the same ten", figures)


if __name__ == "__main__":
    main()

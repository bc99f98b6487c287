"""How long an answer of `POST /api/v1/predict` takes, alone and with 8 clients, against a bare loop.

    .venv/bin/python -m benchmarks.predict [seconds] [--rounds 5] [--photos FOLDER]

The bare loop does the same work in one process and nothing else: it decodes a photo, looks for faces, cuts
them, computes their features and applies the head, with 8 photos always queued. Both get the same photos, by
turns; the ratio of their 95th percentiles with 8 clients is the figure. With `two hops` the train worker
classifies, as it does for runs of earlier versions. Without the photographs the photos are drawn.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.photographs import FOLDER
from benchmarks.report import report
from db import signing
from db.models import Artifact, Run
from db.session import session_scope
from tests.conftest import forget_settings
from tests.light_run import add_light_run
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, Workbench, running_workbench
from trainer.features import backbone

CLIENTS, ALONE, WARM_UP = 8, 40, 12
LIMIT = 1.5


def photos(folder: Path) -> list[bytes]:
    files = sorted(folder.glob("*.jpg"))[:60]
    return [file.read_bytes() for file in files] or [
        jpeg(portrait(seed, seed % 2 == 1, (640, 480))) for seed in range(30)
    ]


class BareLoop:
    """The same networks on the same photos, without a workbench around them."""

    def __init__(self, run: Run, network: bytes) -> None:
        from labeller.detection import detectors
        from trainer.features.embedder import Embedder
        from trainer.models.head import Head

        self.detector, self.embedder = detectors.first(), Embedder(network)
        self.head = Head.from_dict(run.head or {})

    def answer(self, photo: bytes) -> list[Any]:
        from db.box_thresholds import MEASURED
        from labeller.detection.photo_look import look_at_pixels
        from trainer.features import crops

        pixels = np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"))
        look = look_at_pixels(self.detector, pixels, pixels.shape[1], lambda: photo)
        boxes = [one.box for one in look.detections if one.confidence >= MEASURED[self.detector.name].likely]
        if not boxes:
            return []
        images = np.stack([crops.crop(pixels, box) for box in boxes])
        return list(zip(boxes, self.head.probabilities(self.embedder(images)), strict=True))

    def load(self, seconds: float, files: Iterator[bytes]) -> list[float]:
        """How long each of CLIENTS who always wait for an answer waited for it."""
        waiting: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        for _ in range(CLIENTS):
            waiting.put((time.perf_counter(), next(files)))
        taken, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            asked_at, photo = waiting.get()
            self.answer(photo)
            taken.append(time.perf_counter() - asked_at)
            waiting.put((time.perf_counter(), next(files)))
        return taken[CLIENTS:]


def serve_bare(folder: Path) -> None:
    """A bare loop in a process of its own: a line of seconds in, a line of waits in ms out."""
    os.environ["DATA"] = str(folder / "data")
    forget_settings()
    with session_scope() as session:
        run, artifact = session.get_one(Run, 1), session.get_one(Artifact, (1, "features"))
        loop = BareLoop(run, signing.read_verified(artifact))
    files = cycle([path.read_bytes() for path in sorted((folder / "photos").iterdir())])
    for _ in range(WARM_UP):
        loop.answer(next(files))
    print("ready", flush=True)
    for line in sys.stdin:
        taken = loop.load(float(line), files)
        print(*(1000 * one for one in taken), flush=True)


def ask(bench: Workbench, photo: bytes, query: str = "") -> float:
    """Milliseconds of one request."""
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%b\r\n--x--\r\n' % photo
    headers = {"Authorization": f"Bearer {bench.token}", "Content-Type": "multipart/form-data; boundary=x"}
    began = time.perf_counter()
    request = urllib.request.Request(f"{bench.url}/api/v1/predict{query}", form, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()
    return 1000 * (time.perf_counter() - began)


def load(bench: Workbench, seconds: float, files: list[bytes], query: str = "") -> list[float]:
    """Milliseconds of each request of CLIENTS who always wait for an answer."""
    end = time.perf_counter() + seconds

    def client(number: int) -> list[float]:
        own, taken = cycle(files[number::CLIENTS] or files), []
        while time.perf_counter() < end:
            taken.append(ask(bench, next(own), query))
        return taken

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for taken in pool.map(client, range(CLIENTS)) for one in taken]


def p95(taken: list[float]) -> float:
    return float(np.percentile(taken, 95))


def bare_rounds(child: "subprocess.Popen[str]", seconds: float) -> list[float]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{seconds}\n")
    child.stdin.flush()
    return [float(one) for one in child.stdout.readline().split()]


def compare(rounds: int, measure: dict[str, Callable[[], list[float]]]) -> dict[str, list[list[float]]]:
    """Each by turns, so that what else the machine does falls on all alike."""
    found: dict[str, list[list[float]]] = {name: [] for name in measure}
    for _ in range(rounds):
        for name, take in measure.items():
            found[name].append(take())
    return found


def figures(found: dict[str, list[list[float]]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, turns in found.items():
        table[f"{name}: p50 (ms)"] = median(float(np.median(one)) for one in turns)
        table[f"{name}: p95 (ms)"] = median(p95(one) for one in turns)
        table[f"{name}: answers"] = sum(map(len, turns))
    bare = found["bare loop, 8 clients"]
    for name in ("one hop, 8 clients", "two hops, 8 clients"):
        ratios = [p95(ours) / p95(theirs) for ours, theirs in zip(found[name], bare, strict=True)]
        table[f"{name}: p95 against the bare loop"] = median(ratios)
        table[f"{name}: from, to"] = f"{min(ratios):.2f}, {max(ratios):.2f}"
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=Path, default=FOLDER / "scenes")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bare:
        serve_bare(arguments.bare)
        return
    seconds, files = arguments.seconds, photos(arguments.photos)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "photos").mkdir()
        for number, photo in enumerate(files):
            (folder / "photos" / f"{number:03}.jpg").write_bytes(photo)
        bench = stack.enter_context(running_workbench(folder / "data"))
        bench.sign_in()
        os.environ["DATA"] = str(folder / "data")
        forget_settings()
        with session_scope() as session:
            add_light_run(session, features=backbone.litert())
            old = add_light_run(session, seed=1)
            old.backbone = f"{backbone.backbone_id()}:tutorial"  # stored by no run
            session.commit()
        child = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.predict", "--bare", str(folder)],
                cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
        )  # fmt: skip
        stack.callback(child.kill)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        before = f"?run={old.id}"
        for query in ("", before):
            for photo in files[:WARM_UP]:
                ask(bench, photo, query)
        found = compare(
            arguments.rounds,
            {
                "one hop, alone": lambda: [ask(bench, photo) for photo in files[:ALONE]],
                "two hops, alone": lambda: [ask(bench, photo, before) for photo in files[:ALONE]],
                "bare loop, 8 clients": lambda: bare_rounds(child, seconds),
                "one hop, 8 clients": lambda: load(bench, seconds, files),
                "two hops, 8 clients": lambda: load(bench, seconds, files, before),
            },
        )
    report("predict", f"with 8 clients p95 within {LIMIT} times that of a bare loop", figures(found))


if __name__ == "__main__":
    main()

"""Features: crops a second against Keras and against a bare LiteRT loop; memory of a run on 10,000 faces.

    .venv/bin/python -m benchmarks.embed

Throughput is a ratio within one process, REPEATS rounds by turns, the median of each. The bare loop is one
interpreter a core in a thread of its own, fed with ready floats. Memory is the high-water mark of a process
that does one *quick* run as the train worker does, from photos to scores.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.report import report

CROPS, REPEATS = 512, 5
FACES = 10_000


def throughput() -> dict[str, float]:
    """Crops a second of Keras' own graph loop, of its bare graph, of bare LiteRT, of ours."""
    import tensorflow as tf

    import tests.environment  # noqa: F401 - before the settings are read
    from tests.labelled import real
    from trainer.features import backbone, crops
    from trainer.features.feature_store import Embedder

    photos = [crops.decode(one.content) for one in real(CROPS)]
    images = np.stack([crops.crop(p, (0, 0, p.shape[1], p.shape[0])) for p in photos])
    floats = backbone.scaled(images)
    graph = tf.function(backbone.model())

    def predict() -> None:
        backbone.model().predict(floats, batch_size=32, verbose=0)

    def keras_graph() -> None:
        for start in range(0, len(floats), 32):
            graph(tf.constant(floats[start : start + 32]))

    ours, bare = Embedder(backbone.litert()), _bare_loop(backbone.litert(), floats)
    ways = {"predict": predict, "graph": keras_graph, "bare": bare, "ours": lambda: ours(images)}
    return _medians(len(images), ways)


def _bare_loop(model: bytes, floats: np.ndarray) -> Callable[[], None]:
    """Nothing but LiteRT over the pictures: one interpreter of one thread a core."""
    from ai_edge_litert.interpreter import Interpreter

    cores = os.cpu_count() or 1
    interpreters = [Interpreter(model_content=model, num_threads=1) for _ in range(cores)]
    for made in interpreters:
        made.allocate_tensors()

    def loop(made: Any, part: np.ndarray) -> None:
        inlet, outlet = made.get_input_details()[0]["index"], made.get_output_details()[0]["index"]
        for image in part:
            made.set_tensor(inlet, image[None])
            made.invoke()
            made.get_tensor(outlet)

    def all_of_it() -> None:
        parts = np.array_split(floats, cores)
        threads = [threading.Thread(target=loop, args=pair) for pair in zip(interpreters, parts, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return all_of_it


def _medians(count: int, ways: dict[str, Callable[[], Any]]) -> dict[str, float]:
    for way in ways.values():
        way()  # compiled and warm
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(REPEATS):
        for name, way in ways.items():
            began = time.monotonic()
            way()
            seconds[name].append(time.monotonic() - began)
    return {name: count / sorted(each)[REPEATS // 2] for name, each in seconds.items()}


def memory() -> dict[str, float]:
    """Peak of a process that trains on FACES faces, in MB, and its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        for step in ("fill", "run"):
            done = subprocess.run(
                [sys.executable, "-c", f"from benchmarks.embed import {step}; {step}()"],
                env=os.environ | {"DATA": folder},
                stdout=subprocess.PIPE,
                check=True,
            )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def fill() -> None:
    """FACES labelled faces: every picture's own, and others with the box moved a little."""
    import tests.environment  # noqa: F401 - before the settings are read
    from db import migrate
    from db.base import now
    from db.models import Face
    from db.session import session_scope
    from tests.labelled import add, real

    migrate.upgrade()
    chance = np.random.default_rng(0)
    with session_scope() as session:
        firsts = add(session, real(792))
        for number in range(FACES - len(firsts)):
            first = firsts[number % len(firsts)]
            dx, dy, cut = chance.uniform(0, 0.15, 3)
            box = [first.w * dx, first.h * dy, first.w * (0.85 - cut / 2), first.h * (0.85 - cut / 2)]
            session.add(
                Face(photo_id=first.photo_id, x=box[0], y=box[1], w=box[2], h=box[3], proposed_box=box,
                     source="mtcnn", confidence=0.99, state="confirmed", label=first.label, decided_at=now(),
                     waiting=False, opinions=1)
            )  # fmt: skip
        session.commit()


def run() -> None:
    """One quick run as the train worker does it; prints its peak and its seconds."""
    import tests.environment  # noqa: F401 - before the settings are read
    from db.session import session_scope
    from tests.labelled import train
    from trainer.features import networks
    from trainer.models import export

    networks.shared()
    export.warm_up(2)
    with session_scope() as session:
        began = time.monotonic()
        done = train(session)
        assert done.status == "done", done.error
        seconds = time.monotonic() - began
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps({"peak MB": peak / 1024, "seconds": seconds}))


def main() -> None:
    speed, peak = throughput(), memory()
    report(
        "embed",
        "Features at least 3x Keras' graph and 0.85 of a bare loop; under 1.5 GB for 10,000 faces",
        {
            "Keras predict, batches of 32 (crops/s)": speed["predict"],
            "Keras graph called by hand, the same (crops/s)": speed["graph"],
            "bare LiteRT loop, all cores (crops/s)": speed["bare"],
            "ours, from bytes to features (crops/s)": speed["ours"],
            "ours / Keras predict": speed["ours"] / speed["predict"],
            "ours / Keras graph by hand": speed["ours"] / speed["graph"],
            "ours / bare loop": speed["ours"] / speed["bare"],
            f"peak memory of a run on {FACES} faces (MB)": peak["peak MB"],
            "that run, nothing kept before (s)": peak["seconds"],
        },
    )


if __name__ == "__main__":
    main()

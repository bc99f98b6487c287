"""Features: crops a second relative to Keras and to a bare LiteRT loop; memory of a run on 10,000 faces.

    .venv/bin/python -m benchmarks.embed

Throughputs are medians of REPEATS alternating rounds in one process. The bare loop is one interpreter per
core, each in its own thread, fed with prepared floats. Memory is the high-water mark of a process that does
one *quick* run as the train worker does, from photos to scores.
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
    """Crops a second of Keras' `predict`, of its graph called directly, of bare LiteRT, and of ours."""
    import tensorflow as tf

    import tests.environment  # noqa: F401 - before the settings are read
    from benchmarks.photographs import labelled_faces
    from trainer.features import backbone, crops
    from trainer.features.feature_store import Embedder

    photos = [crops.decode(picture.content) for picture in labelled_faces(CROPS)]
    images = np.stack([crops.crop(p, (0, 0, p.shape[1], p.shape[0])) for p in photos])
    floats = backbone.scaled(images)
    graph = tf.function(backbone.model())

    def predict() -> None:
        backbone.model().predict(floats, batch_size=32, verbose=0)

    def keras_graph() -> None:
        for start in range(0, len(floats), 32):
            graph(tf.constant(floats[start : start + 32]))

    ours, bare = Embedder(backbone.litert()), _bare_loop(backbone.litert(), floats)
    methods = {"predict": predict, "graph": keras_graph, "bare": bare, "ours": lambda: ours(images)}
    return _throughputs(len(images), methods)


def _bare_loop(model: bytes, floats: np.ndarray) -> Callable[[], None]:
    """Only LiteRT over the pictures: one single-threaded interpreter per core."""
    from ai_edge_litert.interpreter import Interpreter

    cores = os.cpu_count() or 1
    interpreters = [Interpreter(model_content=model, num_threads=1) for _ in range(cores)]
    for interpreter in interpreters:
        interpreter.allocate_tensors()

    def infer(interpreter: Any, part: np.ndarray) -> None:
        inlet, outlet = (
            details[0]["index"]
            for details in (interpreter.get_input_details(), interpreter.get_output_details())
        )
        for image in part:
            interpreter.set_tensor(inlet, image[None])
            interpreter.invoke()
            interpreter.get_tensor(outlet)

    def infer_all() -> None:
        parts = np.array_split(floats, cores)
        pairs = zip(interpreters, parts, strict=True)
        threads = [threading.Thread(target=infer, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return infer_all


def _throughputs(count: int, methods: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Images a second by method: the median of REPEATS alternating rounds."""
    for method in methods.values():
        method()  # compile and warm up
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(REPEATS):
        for name, method in methods.items():
            began = time.monotonic()
            method()
            seconds[name].append(time.monotonic() - began)
    return {name: count / sorted(taken)[REPEATS // 2] for name, taken in seconds.items()}


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
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def fill() -> None:
    """FACES labelled faces: one of each picture, and others with the box moved a little."""
    import tests.environment  # noqa: F401 - before the settings are read
    from benchmarks.photographs import labelled_faces
    from db import migrate
    from db.base import now
    from db.models import Face
    from db.session import session_scope
    from tests.labelled import add_labelled_pictures

    migrate.upgrade()
    rng = np.random.default_rng(0)
    with session_scope() as session:
        firsts = add_labelled_pictures(session, labelled_faces(792))
        for number in range(FACES - len(firsts)):
            first = firsts[number % len(firsts)]
            dx, dy, cut = rng.uniform(0, 0.15, 3)
            box = [first.w * dx, first.h * dy, first.w * (0.85 - cut / 2), first.h * (0.85 - cut / 2)]
            session.add(
                Face(photo_id=first.photo_id, x=box[0], y=box[1], w=box[2], h=box[3], proposed_box=box,
                     source="mtcnn", confidence=0.99, state="confirmed", label=first.label, decided_at=now(),
                     waiting=False, opinions=1)
            )  # fmt: skip
        session.commit()


def run() -> None:
    """One quick run as the train worker does it; prints its peak memory and its seconds."""
    import tests.environment  # noqa: F401 - before the settings are read
    from db.session import session_scope
    from tests.labelled import train_run
    from trainer.features import networks
    from trainer.models import export

    networks.shared()
    export.warm_up(2)
    with session_scope() as session:
        began = time.monotonic()
        done = train_run(session)
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

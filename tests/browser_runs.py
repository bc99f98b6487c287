"""Runs whose models a browser can load, without training: a small network of random weights."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sqlalchemy.orm import Session

from db import signing
from db.base import now
from db.models import Artifact, Run
from db.storage import blobs
from db.workbench import lock_workbench
from tests.pictures import jpeg, portrait
from trainer.models import browser_forms

CELLS = 10
"""The network sees the mean colours of CELLS × CELLS parts of a crop."""


def small_classifier(seed: int) -> bytes:
    """An ONNX file with the interface of a run's: `image` (n, 160, 160, 3) to `probabilities` (n, 2)."""
    weights = np.random.default_rng(seed).normal(scale=0.4, size=(3 * CELLS * CELLS, 2)).astype(np.float32)
    side = 160 // CELLS
    nodes = [
        helper.make_node("Transpose", ["image"], ["channels"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "AveragePool", ["channels"], ["cells"], kernel_shape=[side, side], strides=[side, side]
        ),
        helper.make_node("Flatten", ["cells"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    inlet = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 160, 160, 3])
    outlet = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(
        nodes, "small", [inlet], [outlet], [numpy_helper.from_array(weights, "weights")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def add_browser_run(session: Session, seed: int) -> Run:
    """A live run with such a network. Commits."""
    run = Run(
        recipe={}, seed=seed, classes=[1, 2], status="done", finished_at=now(), backbone="b" * 64,
        head={"kernel": [], "bias": []}, metrics={},
    )  # fmt: skip
    session.add(run)
    session.flush()
    add_browser_files(session, run)
    lock_workbench(session).live_run_id = run.id
    session.commit()
    return run


def add_browser_files(session: Session, run: Run) -> None:
    """Give a run such a network, and the detector."""
    files = {"onnx16": small_classifier(run.seed), "detector": browser_forms.detector()}
    for form, data in files.items():
        blob = blobs().put(data)
        signature = signing.sign(run.id, form, blob)
        session.add(Artifact(run_id=run.id, form=form, blob=blob, signature=signature))


def write_film(path: Path, people: int, frames: int = 20) -> Path:
    """A film (MJPEG, 640 × 480) of one or two people who move a little, for a browser's camera."""
    parts = [portrait(seed, seed % 2 == 0) for seed in range(people)]
    with path.open("wb") as film:
        for number in range(frames):
            frame = Image.new("RGB", (640, 480), (150, 148, 142))
            for index, part in enumerate(parts):
                size = (620, 465) if people == 1 else (315, 236)
                frame.paste(part.resize(size), (5 + 320 * index + number % 3, 5 + number % 2))
            film.write(jpeg(frame))
    return path

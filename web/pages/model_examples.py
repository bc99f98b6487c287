"""How to use a run's model elsewhere: examples in Python and JavaScript, with the names of its files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import render_template

from db.box_thresholds import default_thresholds
from db.i18n import N_
from db.models import Run
from trainer.features.input_margin import margin_of
from trainer.runs.model_files import ModelFile

WEB = Path(__file__).parents[1]
HELPERS = {name: WEB / "static" / "try" / name for name in ("pixels.js", "yunet.js")}
"""Modules that the examples in JavaScript import: they cut faces as the trainer does, and find them."""
LICENSE = WEB.parent / "LICENSE"
ONNXRUNTIME_WEB = json.loads((WEB / "package.json").read_text())["dependencies"]["onnxruntime-web"]

CLASSIFIES = N_("Classifies the face in a box of a photo, and prints the probability of each class.")
FINDS = N_("Finds the faces in a photo and classifies each: prints box, probability and class.")


@dataclass(frozen=True)
class Example:
    """A file to run: what it needs and how it is started. `uses` are endings of the run's files."""

    name: str
    title: str
    text: str
    uses: tuple[str, ...]
    install: str
    start: str
    helpers: tuple[str, ...] = ()


EXAMPLES = (
    Example(
        "classify_onnx.py", "Python, ONNX Runtime", CLASSIFIES, ("onnx", "labels.txt"),
        "pip install onnxruntime opencv-python-headless numpy",
        "python classify_onnx.py photo.jpg 120 80 90 110",
    ),
    Example(
        "classify_litert.py", "Python, LiteRT", CLASSIFIES, ("tflite", "labels.txt"),
        "pip install ai-edge-litert opencv-python-headless numpy",
        "python classify_litert.py photo.jpg 120 80 90 110",
    ),
    Example(
        "classify_keras.py", "Python, Keras", CLASSIFIES, ("keras", "labels.txt"),
        "pip install keras tensorflow opencv-python-headless numpy",
        "python classify_keras.py photo.jpg 120 80 90 110",
    ),
    Example(
        "find_faces.py", N_("Python, from photo to answer"), FINDS, ("onnx", "detector.onnx", "labels.txt"),
        'pip install onnxruntime "opencv-python-headless>=5" numpy',
        "python find_faces.py photo.jpg",
    ),
    Example(
        "classify.html", "JavaScript, onnxruntime-web", CLASSIFIES, ("fp16.onnx", "labels.txt"),
        "python -m http.server",
        "http://localhost:8000/classify.html?photo=photo.jpg&box=120,80,90,110",
        ("pixels.js",),
    ),
    Example(
        "find_faces.html", N_("JavaScript, from photo to answer"), FINDS,
        ("fp16.onnx", "detector.onnx", "labels.txt"),
        "python -m http.server", "http://localhost:8000/find_faces.html", ("pixels.js", "yunet.js"),
    ),
)  # fmt: skip


def examples(run: Run, files: Mapping[str, ModelFile]) -> dict[Example, str]:
    """The examples for the files that the run has, each with its code."""
    values = {
        "run": run,
        "files": files,
        "margin": margin_of(str(run.backbone)),
        "least_confidence": default_thresholds("yunet").likely,
        "onnxruntime_web": ONNXRUNTIME_WEB,
    }
    return {
        one: render_template(f"model/examples/{one.name}.jinja", **values) + "\n"
        for one in EXAMPLES
        if set(one.uses) <= set(files)
    }


def texts_of_archive(run: Run, files: Mapping[str, ModelFile]) -> dict[str, str]:
    """What lies beside the files in the zip file, by name: examples, their modules, a guide, the licences."""
    codes = examples(run, files)
    helpers = {name for example in codes for name in example.helpers}
    return {
        "README.md": render_template("model/README.md.jinja", run=run, files=files, examples=codes),
        "LICENCES": render_template("model/LICENCES.jinja", run=run) + LICENSE.read_text(),
        **{example.name: code for example, code in codes.items()},
        **{name: HELPERS[name].read_text() for name in sorted(helpers)},
    }

"""The model of a run as `.keras`, LiteRT and ONNX files, each checked against the Keras model."""

import functools
import gc
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from trainer.arrays import Float32Array, FloatArray
from trainer.features import backbone
from trainer.features.crops import SIDE
from trainer.models import browser_forms, onnx_export
from trainer.models.head import Head

TOLERANCE = 1e-3
"""Largest difference of a probability to the Keras model that a file may have."""
HALF_TOLERANCE = 0.01
"""The same for the file whose weights are rounded to float16: of 279 faces it moved none by as much."""

Probabilities = FloatArray


class ExportMismatch(Exception):
    """An exported file predicts something else than the Keras model; it must not be published."""


@dataclass(frozen=True)
class ExportBackbone:
    """A Keras network (n, 160, 160, 3) -> (n, 1280), and a LiteRT classifier with `template_head` on it.

    `template` returns the LiteRT file for a number of classes. Converting takes 8 s, so it is done once, and
    the weights of a run's head are written into a copy.
    """

    network: Any
    template: Callable[[int], bytes]

    @functools.cached_property
    def graph(self) -> Any:
        """The network compiled for one crop: eager execution takes ten times as long, and 300 MB."""
        return tf.function(self.network, input_signature=[tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32)])


@functools.cache
def shared() -> ExportBackbone:
    """The export form of the shared backbone."""
    return _export_backbone("classifier", backbone.model)


@functools.cache
def tutorial() -> ExportBackbone:
    """The same with a layer that rescales to the tutorial's [0, 1], so that every file takes [-1, 1]."""

    def build() -> Any:
        inlet = keras.Input((SIDE, SIDE, 3))
        rescaled = keras.layers.Rescaling(0.5, offset=0.5)(inlet)
        network = keras.applications.MobileNetV2(
            input_tensor=rescaled, include_top=False, weights=None, pooling="avg"
        )
        network.set_weights(backbone.model().get_weights())
        return network

    return _export_backbone("tutorial", build)


def _export_backbone(name: str, build: Callable[[], Any]) -> ExportBackbone:
    def template(classes: int) -> bytes:
        file = f"{name}-{backbone.backbone_id()[:16]}-{classes}"
        return backbone.cached_litert(file, lambda: keras_model(template_head(classes), build()))

    return ExportBackbone(build(), template)


def keras_model(head: Head, network: Any) -> Any:
    """Network and head in one: RGB in [-1, 1] (n, 160, 160, 3) -> probabilities (n, classes).

    The temperature is folded into the last layer.
    """
    dense = keras.layers.Dense(len(head.bias), activation="softmax", name="probabilities")
    model = keras.Model(network.inputs[0], dense(network.output), name="second_look")
    dense.set_weights([head.kernel / head.temperature, head.bias / head.temperature])
    return model


def template_head(classes: int) -> Head:
    """A random head whose bytes are in no other layer, so that they can be found in the file and replaced."""
    rng = np.random.default_rng(classes)
    kernel = rng.normal(size=(backbone.FEATURES, classes)).astype(np.float32)
    return Head(kernel, rng.normal(size=classes).astype(np.float32))


@dataclass(frozen=True)
class ExportedFile:
    """A file, and the largest difference of its probabilities to the Keras model on the checked crops."""

    data: bytes
    difference: float


def build_files(
    head: Head, base: ExportBackbone, crops: Sequence[NDArray[np.uint8]]
) -> dict[str, ExportedFile]:
    """The files by form, checked on RGB `crops` (160, 160, 3).

    Raises ExportMismatch if a file predicts something else than the Keras model.
    """
    model = keras_model(head, base.network)
    images = backbone.scaled(np.stack(crops))
    features = np.concatenate([base.graph(image[None]).numpy() for image in images])
    expected = np.asarray(model.layers[-1](features), np.float64)
    litert, onnx = litert_bytes(head, base), onnx_export.convert(model)
    half = browser_forms.half_precision(onnx)
    return {
        "keras": ExportedFile(_keras_bytes(model), check("keras", head.probabilities(features), expected)),
        "tflite": ExportedFile(litert, check("tflite", run_litert(litert, images), expected)),
        "onnx": ExportedFile(onnx, check("onnx", run_onnx(onnx, images), expected)),
        "onnx16": ExportedFile(half, check("onnx16", run_onnx(half, images), expected, HALF_TOLERANCE)),
    }


def run_litert(model: bytes, images: Float32Array) -> Probabilities:
    """Probabilities (n, classes) that a LiteRT file predicts for images (n, 160, 160, 3) in [-1, 1]."""
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    inlet, outlet = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    probabilities = []
    for image in images:
        interpreter.set_tensor(inlet, image[None])
        interpreter.invoke()
        probabilities.append(interpreter.get_tensor(outlet)[0])
    return np.array(probabilities, np.float64)


def run_onnx(model: bytes, images: Float32Array) -> Probabilities:
    """Probabilities (n, classes) that an ONNX file predicts for images (n, 160, 160, 3) in [-1, 1]."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["probabilities"], {"image": images})[0], np.float64)


def litert_bytes(head: Head, base: ExportBackbone) -> bytes:
    """The LiteRT file: the template with this head's weights in place of the template's.

    Raises ValueError if the template does not hold its last layer exactly once.
    """
    old = template_head(len(head.bias))
    model = _replace_weights(base.template(len(head.bias)), old.kernel.T, (head.kernel / head.temperature).T)
    return _replace_weights(model, old.bias, head.bias / head.temperature)


def warm_up(classes: int) -> None:
    """Build the template and compile the graph, which every run needs."""
    shared().template(classes)
    shared().graph(tf.zeros((1, SIDE, SIDE, 3)))
    gc.collect()
    gc.freeze()  # else a full collection during a run takes 0.3 s over objects that never go away


def _keras_bytes(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def check(
    form: str, predicted: Probabilities, expected: Probabilities, tolerance: float = TOLERANCE
) -> float:
    """The largest difference. Raises ExportMismatch if it is over the tolerance."""
    difference = float(np.abs(predicted - expected).max())
    if difference > tolerance:
        raise ExportMismatch(f"the {form} model differs from the Keras model by {difference:.4f}")
    return difference


def _replace_weights(model: bytes, old: Float32Array, new: Float32Array) -> bytes:
    before, after = (np.ascontiguousarray(x, "<f4").tobytes() for x in (old, new))
    if model.count(before) != 1:
        raise ValueError("the template does not hold its last layer exactly once")
    return model.replace(before, after)

"""The model of a run as files: `.keras`, LiteRT and ONNX, each checked before it is offered."""

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
from trainer.models import onnx_export
from trainer.models.head import Head

TOLERANCE = 1e-3
"""Largest difference of a probability between two forms of one model."""

Probabilities = FloatArray


class NotTheSame(Exception):
    """A form of a model says something else than the Keras model; it is not offered."""


@dataclass(frozen=True)
class ExportBackbone:
    """What a head stands on, and a LiteRT classifier on it whose last layer is that of `template_head`.

    Converting takes 7 s; so it is done once, and a run's own numbers are written into the copy.
    """

    network: Any
    template: Callable[[int], bytes]

    @functools.cached_property
    def graph(self) -> Any:
        """The network compiled: layer by layer it would take ten times as long, and 300 MB."""
        return tf.function(self.network, input_signature=[tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32)])


@functools.cache
def shared() -> ExportBackbone:
    """The backbone as it is."""
    return _base("classifier", backbone.model)


@functools.cache
def tutorial() -> ExportBackbone:
    """The same fed with [0, 1] inside, so that every file we give away takes [-1, 1]."""

    def build() -> Any:
        inlet = keras.Input((SIDE, SIDE, 3))
        halved = keras.layers.Rescaling(0.5, offset=0.5)(inlet)
        made = keras.applications.MobileNetV2(
            input_tensor=halved, include_top=False, weights=None, pooling="avg"
        )
        made.set_weights(backbone.model().get_weights())
        return made

    return _base("tutorial", build)


def _base(name: str, build: Callable[[], Any]) -> ExportBackbone:
    def template(classes: int) -> bytes:
        file = f"{name}-{backbone.backbone_id()[:16]}-{classes}"
        return backbone.cached_litert(file, lambda: keras_model(template_head(classes), build()))

    return ExportBackbone(build(), template)


def keras_model(head: Head, network: Any) -> Any:
    """Network, pooling and softmax in one: RGB in [-1, 1] (n, 160, 160, 3) -> probabilities (n, classes).

    The temperature is folded into the last layer.
    """
    dense = keras.layers.Dense(len(head.bias), activation="softmax", name="probabilities")
    made = keras.Model(network.inputs[0], dense(network.output), name="second_look")
    dense.set_weights([head.kernel / head.temperature, head.bias / head.temperature])
    return made


def template_head(classes: int) -> Head:
    """Numbers that are in no other layer, to be found and replaced."""
    chance = np.random.default_rng(classes)
    kernel = chance.normal(size=(backbone.FEATURES, classes)).astype(np.float32)
    return Head(kernel, chance.normal(size=classes).astype(np.float32))


@dataclass(frozen=True)
class Exported:
    """A file, and its largest difference to the Keras model on the crops it was checked on."""

    data: bytes
    difference: float


def files(head: Head, base: ExportBackbone, crops: Sequence[NDArray[np.uint8]]) -> dict[str, Exported]:
    """The three forms, checked on `crops` (160, 160, 3). Raises NotTheSame."""
    model = keras_model(head, base.network)
    images = backbone.scaled(np.stack(crops))
    features = np.concatenate([base.graph(image[None]).numpy() for image in images])
    expected = np.asarray(model.layers[-1](features), np.float64)
    litert, onnx = litert_bytes(head, base), onnx_export.convert(model)
    return {
        "keras": Exported(_saved(model), _checked("keras", head.probabilities(features), expected)),
        "tflite": Exported(litert, _checked("tflite", run_litert(litert, images), expected)),
        "onnx": Exported(onnx, _checked("onnx", run_onnx(onnx, images), expected)),
    }


def run_litert(model: bytes, images: Float32Array) -> Probabilities:
    """Probabilities (n, classes) of images in [-1, 1] by the LiteRT file."""
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    inlet, outlet = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    found = []
    for image in images:
        interpreter.set_tensor(inlet, image[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(outlet)[0])
    return np.array(found, np.float64)


def run_onnx(model: bytes, images: Float32Array) -> Probabilities:
    """The same by the ONNX file."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["probabilities"], {"image": images})[0], np.float64)


def litert_bytes(head: Head, base: ExportBackbone) -> bytes:
    """The LiteRT file: the template with this head's numbers written into it."""
    old = template_head(len(head.bias))
    made = _replaced(base.template(len(head.bias)), old.kernel.T, (head.kernel / head.temperature).T)
    return _replaced(made, old.bias, head.bias / head.temperature)


def warm_up(classes: int) -> None:
    """Make the template and compile the graph, which every run needs."""
    shared().template(classes)
    shared().graph(tf.zeros((1, SIDE, SIDE, 3)))
    gc.collect()
    gc.freeze()  # what is loaded stays: a full collection amid a run would look at all of it for 0.3 s


def _saved(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _checked(form: str, found: Probabilities, expected: Probabilities) -> float:
    worst = float(np.abs(found - expected).max())
    if worst > TOLERANCE:
        raise NotTheSame(f"the {form} model differs from the Keras model by {worst:.4f}")
    return worst


def _replaced(model: bytes, old: Float32Array, new: Float32Array) -> bytes:
    before, after = (np.ascontiguousarray(x, "<f4").tobytes() for x in (old, new))
    if model.count(before) != 1:
        raise ValueError("the template does not hold its last layer exactly once")
    return model.replace(before, after)

"""The model of a run as files: `.keras` and LiteRT, each checked against the head before it is kept."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from trainer import backbone
from trainer.crops import SIDE
from trainer.head import Head

TOLERANCE = 1e-3
"""Largest difference of a probability between two forms of one model."""


def keras_model(head: Head) -> Any:
    """Backbone, pooling and softmax in one: RGB in [-1, 1] (n, 160, 160, 3) -> probabilities (n, classes).

    The temperature is folded into the last layer.
    """
    base = backbone.model()
    dense = keras.layers.Dense(len(head.bias), activation="softmax", name="probabilities")
    made = keras.Model(base.input, dense(base.output), name="second_look")
    dense.set_weights([head.kernel / head.temperature, head.bias / head.temperature])
    return made


def keras_bytes(head: Head) -> bytes:
    """The `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        keras_model(head).save(path)
        return path.read_bytes()


def litert_bytes(head: Head) -> bytes:
    """The LiteRT file: a converted template with this head's numbers written into it.

    Converting takes 7 s a run; the template is converted once a machine, and only its last layer differs.
    """
    template_head = _template_head(len(head.bias))
    name = f"classifier-{backbone.backbone_id()[:16]}-{len(head.bias)}"
    template = backbone.cached_litert(name, lambda: keras_model(template_head))
    made = _replaced(template, template_head.kernel.T, (head.kernel / head.temperature).T)
    return _replaced(made, template_head.bias, head.bias / head.temperature)


def warm_up(classes: int) -> None:
    """Make the template, which every run needs."""
    litert_bytes(_template_head(classes))


def check(model: bytes, crops: Sequence[NDArray[np.uint8]], expected: NDArray[np.float64]) -> float:
    """Largest difference of the LiteRT model to `expected`. Raises ValueError over TOLERANCE."""
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    inlet, outlet = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    worst = 0.0
    for crop, row in zip(crops, expected, strict=True):
        interpreter.set_tensor(inlet, backbone.scaled(crop.reshape(1, SIDE, SIDE, 3)))
        interpreter.invoke()
        worst = max(worst, float(np.abs(interpreter.get_tensor(outlet)[0] - row).max()))
    if worst > TOLERANCE:
        raise ValueError(f"the LiteRT model differs from the head by {worst:.4f}")
    return worst


def _template_head(classes: int) -> Head:
    chance = np.random.default_rng(classes)
    kernel = chance.normal(size=(backbone.FEATURES, classes)).astype(np.float32)
    return Head(kernel, chance.normal(size=classes).astype(np.float32))


def _replaced(model: bytes, old: NDArray[np.float32], new: NDArray[np.float32]) -> bytes:
    before, after = (np.ascontiguousarray(x, "<f4").tobytes() for x in (old, new))
    if model.count(before) != 1:
        raise ValueError("the template does not hold its last layer exactly once")
    return model.replace(before, after)

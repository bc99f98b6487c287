"""Features of crops by LiteRT interpreters on all cores."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from trainer.arrays import Float32Array
from trainer.features import backbone


class Embedder:
    """Computes features by a LiteRT model.

    One single-threaded interpreter per core is twice as fast as one interpreter with two threads. `scale`
    writes an RGB crop (160, 160, 3) as the floats that the network reads.
    """

    def __init__(
        self,
        model: bytes,
        cores: int | None = None,
        scale: Callable[[NDArray[np.uint8], Float32Array], None] = backbone.scale_into,
    ) -> None:
        self._model = model
        self._scale = scale
        self._cores = cores or os.cpu_count() or 1
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(self._cores, thread_name_prefix="embed")

    def __call__(self, images: NDArray[np.uint8]) -> Float32Array:
        """Features (n, 1280) of RGB crops (n, 160, 160, 3)."""
        parts = [part for part in np.array_split(images, self._cores) if len(part)]
        features = list(self._pool.map(self.embed_in_thread, parts))
        return np.concatenate(features) if features else np.empty((0, backbone.FEATURES), np.float32)

    def submit(self, work: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Call `work` in a thread of the pool, where it may use `embed_in_thread`."""
        return self._pool.submit(work, *args)

    def embed_in_thread(self, images: Iterable[NDArray[np.uint8]]) -> Float32Array:
        """Features (n, 1280) of RGB crops (160, 160, 3), by this thread's own interpreter."""
        interpreter, inlet, outlet = self._interpreter()
        features = []
        for image in images:
            self._scale(image, interpreter.tensor(inlet)()[0])
            interpreter.invoke()
            features.append(interpreter.get_tensor(outlet)[0])
        return np.array(features, np.float32).reshape(-1, backbone.FEATURES)

    def _interpreter(self) -> tuple[Interpreter, int, int]:
        """This thread's interpreter, and the indices of its input and output."""
        if not hasattr(self._local, "interpreter"):
            interpreter = Interpreter(model_content=self._model, num_threads=1)
            interpreter.allocate_tensors()
            inlet = interpreter.get_input_details()[0]["index"]
            outlet = interpreter.get_output_details()[0]["index"]
            self._local.interpreter = (interpreter, inlet, outlet)
        local: tuple[Interpreter, int, int] = self._local.interpreter
        return local

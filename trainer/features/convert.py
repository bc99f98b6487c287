"""`python -m trainer.features.convert FOLDER`: convert its `.keras` files to `.tflite`.

The child process of `backbone.converted`.
"""

import contextlib
import os
import sys
from pathlib import Path

import keras
import tensorflow as tf


def main() -> None:
    for path in sorted(Path(sys.argv[1]).glob("*.keras")):
        # The converter prints a log to standard output.
        with open(os.devnull, "w") as devnull, contextlib.redirect_stdout(devnull):
            converter = tf.lite.TFLiteConverter.from_keras_model(keras.models.load_model(path, compile=False))
            path.with_suffix(".tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main()

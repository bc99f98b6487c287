"""`python -m trainer.convert FOLDER`: all its `.keras` files also as `.tflite`, for `backbone.converted`."""

import contextlib
import os
import sys
from pathlib import Path

import keras
import tensorflow as tf


def main() -> None:
    for path in sorted(Path(sys.argv[1]).glob("*.keras")):
        # The converter tells standard output all it does.
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            converter = tf.lite.TFLiteConverter.from_keras_model(keras.models.load_model(path, compile=False))
            path.with_suffix(".tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main()

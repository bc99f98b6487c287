"""`python -m trainer.features.convert FOLDER`: convert its `.keras` files to `.tflite`.

The child process of `backbone.converted`.
"""

import contextlib
import os
import sys
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def main() -> None:
    for path in sorted(Path(sys.argv[1]).glob("*.keras")):
        # The converter prints a log to standard output.
        with open(os.devnull, "w") as devnull, contextlib.redirect_stdout(devnull):
            model = keras.models.load_model(path, compile=False)
            path.with_suffix(".tflite").write_bytes(convert(model))


def convert(model: keras.Model) -> bytes:
    """The LiteRT form of the model, with the signature that `TFLiteConverter.from_keras_model` gives it.

    Its weights are made constants first: `from_keras_model` saves and reads a SavedModel, which takes three
    times as long.
    """
    inlet = model.inputs[0]
    spec = tf.TensorSpec(inlet.shape, inlet.dtype, name=inlet.name)
    call = tf.function(lambda image: model(image, training=False), input_signature=[spec])
    frozen = convert_variables_to_constants_v2(call.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], trackable_obj=tf.Module())
    return bytes(converter.convert())


if __name__ == "__main__":
    main()

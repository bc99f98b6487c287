"""`python -m trainer.convert FOLDER`: every `.keras` file in it also as `.tflite`.

A process of its own, because a conversion cannot be interrupted and a cancelled run must end within 2 s.
"""

import sys
from pathlib import Path

import keras

from trainer.backbone import convert


def main() -> None:
    for path in sorted(Path(sys.argv[1]).glob("*.keras")):
        path.with_suffix(".tflite").write_bytes(convert(keras.models.load_model(path, compile=False)))


if __name__ == "__main__":
    main()

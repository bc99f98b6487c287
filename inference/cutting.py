"""Cutting faces out of photos as the trainer sees them, for exports.

`python -m inference.cutting` does so for a command, which does not load OpenCV itself. It reads from its
standard input a line of JSON, {"bytes": n, "boxes": [[x, y, w, h], ...]}, and n bytes of a stored picture. It
answers {"sizes": [n, ...]} and so many bytes, or {"sizes": null} if the picture cannot be read; and so on.
"""

import contextlib
import json
import sys
from collections.abc import Sequence

from labeller.exports.contents import CannotCut
from trainer.arrays import Box
from trainer.errors import UnreadablePicture


def cut(stored: bytes, boxes: Sequence[Box]) -> list[bytes]:
    """The crop of each box as a PNG file. Raises CannotCut."""
    from trainer.features import crops  # only exports of crops need OpenCV

    try:
        return crops.cut_out(stored, boxes)
    except UnreadablePicture as error:
        raise CannotCut from error


def main() -> None:
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        stored = sys.stdin.buffer.read(request["bytes"])
        answer: dict[str, list[int] | None] = {"sizes": None}
        cuts: list[bytes] = []
        with contextlib.suppress(CannotCut):
            cuts = cut(stored, [tuple(box) for box in request["boxes"]])
            answer = {"sizes": [len(one) for one in cuts]}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.writelines(cuts)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

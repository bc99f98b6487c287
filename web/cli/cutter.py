"""Cutting faces in a process of its own, since web never loads OpenCV."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from labeller.exports.contents import CannotCut, Cut
from labeller.formats.records import Box

ROOT = Path(__file__).parents[2]


@contextmanager
def cutter() -> Iterator[Cut]:
    """What cuts, until the end of the block."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    program = [sys.executable, "-P", "-m", "inference.cutting"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    child = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    assert child.stdin is not None
    assert child.stdout is not None
    to, back = child.stdin, child.stdout
    try:
        yield lambda stored, boxes: _ask(to, back, stored, boxes)
    finally:
        child.kill()
        child.communicate()


def _ask(to: IO[bytes], back: IO[bytes], stored: bytes, boxes: Sequence[Box]) -> list[bytes]:
    to.write(json.dumps({"bytes": len(stored), "boxes": boxes}).encode() + b"\n" + stored)
    to.flush()
    sizes = json.loads(back.readline())["sizes"]
    if sizes is None:
        raise CannotCut
    return [back.read(size) for size in sizes]

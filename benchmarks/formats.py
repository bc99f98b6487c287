"""Datasets in and out: memory and time of each format with 50,000 boxes, and of walking 200,000 files.

    .venv/bin/python -m benchmarks.formats [--photos 10000] [--files 200000] [--formats coco yolo]

Each is measured in a process of its own. Memory is what it takes beyond the modules, at its peak.
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import report
from labeller.formats.formats import FORMATS, by_name
from labeller.formats.protocol import Entry, ExportedPhoto, ReadOptions, WriteOptions
from labeller.formats.records import FaceRecord, PhotoRecord
from labeller.formats.walk import walk
from tests.labeller.formats.datasets import CLASSES, picture

SIZE, FACES = (640, 480), 5
BUDGET = 100


def photos(count: int) -> Iterator[ExportedPhoto]:
    content = picture(SIZE)
    for number in range(count):
        faces = tuple(
            FaceRecord((20.0 + 120 * at, 30.5, 50.25, 60.0), CLASSES[at % 3], confidence=0.5, source="human")
            for at in range(FACES)
        )
        record = PhotoRecord(f"{number:06}.jpg", faces, SIZE, person=f"person {number % 99}", split="train")
        yield ExportedPhoto(record, lambda: content)


def write(name: str, count: int, folder: Path) -> int:
    """Bytes of label files written."""
    labels = 0
    with tempfile.TemporaryDirectory() as temporary:
        writer = by_name(name).writer(WriteOptions(CLASSES), Path(temporary))
        for photo in photos(count):
            labels += sum(keep(folder, entry) for entry in writer.add(photo))
        labels += sum(keep(folder, entry) for entry in writer.finish())
    return labels


def keep(folder: Path, entry: Entry) -> int:
    path = folder / entry.path
    path.parent.mkdir(parents=True, exist_ok=True)
    chunks = [entry.content] if isinstance(entry.content, bytes) else entry.content
    with path.open("wb") as file:
        written = sum(file.write(chunk) for chunk in chunks)
    return 0 if path.suffix == ".jpg" else written


def read(name: str, folder: Path) -> int:
    """Boxes read."""
    found = by_name(name).reader().read(walk(folder), ReadOptions(CLASSES))
    return sum(len(one.faces) for one in found if isinstance(one, PhotoRecord))


def look_up(folder: Path) -> int:
    """Files found by a walk, after which the last is looked up."""
    listing = walk(folder)
    assert listing.find_picture(f"elsewhere/{next(iter(listing.files))}")
    return len(listing.files)


def alone(work: Callable[..., int], *arguments: Any) -> tuple[float, float, int]:
    """Seconds, megabytes and the result of some work in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, arguments))


def _measured(work: Callable[..., int], arguments: Any) -> tuple[float, float, int]:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    result = work(*arguments)
    seconds = time.perf_counter() - began
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--formats", nargs="*", default=[one.name for one in FORMATS])
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"boxes": FACES * arguments.photos}
    for name in arguments.formats:
        with tempfile.TemporaryDirectory() as folder:
            seconds, more, labels = alone(write, name, arguments.photos, Path(folder))
            figures[f"{name}: written (s, MB more, MB of labels)"] = (
                f"{seconds:.1f} {more:.0f} {labels / 1e6:.1f}"
            )
            seconds, more, boxes = alone(read, name, Path(folder))
            assert boxes == FACES * arguments.photos, (name, boxes)
            figures[f"{name}: read (s, MB more)"] = f"{seconds:.1f} {more:.0f}"
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.files):
            path = Path(folder, f"folder {number // 500}", f"{number:06}.jpg")
            if number % 500 == 0:
                path.parent.mkdir()
            path.touch()
        seconds, more, _ = alone(look_up, Path(folder))
        figures[f"{arguments.files:,} files walked (s, MB more)"] = f"{seconds:.1f} {more:.0f}"
    figures["load of the machine"] = os.getloadavg()[0]
    claim = f"{FACES * arguments.photos:,} boxes take at most {BUDGET} MB more in each format, in and out"
    report("formats", claim, figures)


if __name__ == "__main__":
    main()

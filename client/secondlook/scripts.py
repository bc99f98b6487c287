"""What takes several calls: waiting for an end, and sending a large file in parts."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from secondlook import calls
from secondlook.call import Call
from secondlook.errors import TookTooLong
from secondlook.methods import Script
from secondlook.results import Batch, Clip, Export, Import, PartReceived, Photo, Run

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks; they grow."""


def wait_for_run(run_id: int, *, seconds: float = 3600) -> Script[Run]:
    """The run, once it is done, failed or cancelled. Raises TookTooLong."""
    ended = ("done", "failed", "cancelled")
    return _wait(calls.get_run(run_id), lambda run: run["status"] in ended, seconds)


def wait_for_photo(photo_id: int, *, seconds: float = 600) -> Script[Photo]:
    """The photo, once its faces are there or it has failed. Raises TookTooLong."""
    return _wait(calls.get_photo(photo_id), lambda photo: photo["status"] != "queued", seconds)


def wait_for_clip(clip_id: int, *, seconds: float = 3600) -> Script[Clip]:
    """The video, once its photos are there or it has failed. Raises TookTooLong."""
    return _wait(calls.get_clip(clip_id), lambda clip: clip["status"] in ("done", "failed"), seconds)


def wait_for_batch(batch_id: int, *, seconds: float = 3600) -> Script[Batch]:
    """The predictions, once all photos are answered. Raises TookTooLong."""
    return _wait(calls.get_batch(batch_id), lambda batch: batch["status"] in ("done", "failed"), seconds)


def wait_for_export(export_id: int, *, seconds: float = 3600) -> Script[Export]:
    """The export, once its file is there, or it has failed or was cancelled. Raises TookTooLong."""
    ended = ("done", "failed", "cancelled")
    return _wait(calls.get_export(export_id), lambda export: export["status"] in ended, seconds)


def wait_for_import(import_id: int, *, seconds: float = 3600) -> Script[Import]:
    """The import, once it is done, failed or cancelled. Raises TookTooLong."""
    ended = ("done", "failed", "cancelled")
    return _wait(calls.get_import(import_id), lambda one: one["status"] in ended, seconds)


def _wait(call: Call[T], has_ended: Callable[[T], bool], seconds: float) -> Script[T]:
    end, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        seen: T = yield call
        if has_ended(seen):
            return seen
        if time.monotonic() > end:
            raise TookTooLong(f"{call.path} has not ended within {seconds:g} s")
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE)


def send_in_parts(path: str | os.PathLike[str], *, person: int | str | None = None) -> Script[PartReceived]:
    """Send a photo or a video in parts; parts that have arrived before are not sent again."""
    file = Path(path)
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        known = yield calls.look_up([digest])
        size, arrived = known["part_bytes"], next(iter(known["arrived"]), None)
        if arrived and (arrived["photo_id"] or arrived["clip_id"]):
            return _already(arrived["photo_id"], arrived["clip_id"])
        here = set(arrived["parts"]) if arrived else set()
        count = max(1, -(-file.stat().st_size // size))
        received: PartReceived = {"photo": None, "clip": None}
        for part in range(count):
            if part in here and part < count - 1:
                continue
            opened.seek(part * size)
            received = yield calls.send_part(digest, part, opened.read(size), of=count, person=person)
        return received


def _already(photo: int | None, clip: int | None) -> PartReceived:
    """The answer of a file that was here before. Its status is asked for by its id."""
    return {
        "photo": {"id": photo, "status": "queued", "duplicate_of": photo} if photo else None,
        "clip": {"id": clip, "status": "queued", "duplicate_of": clip} if clip else None,
    }

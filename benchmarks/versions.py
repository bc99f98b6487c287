"""Making, comparing and erasing from versions of many faces, and what one more of them takes.

.venv/bin/python -m benchmarks.versions [sqlite|postgresql] [faces]
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.filled import fill
from benchmarks.pages import workbench
from benchmarks.report import report
from db import frozen_sets
from db.migrate import upgrade
from db.models import DatasetVersion, Face, FrozenFace, Photo
from db.session import session_scope
from labeller.datasets import compare, versions
from labeller.datasets.sources import EVERYTHING
from labeller.erasure import finish, mark
from labeller.people import people

CHANGED = 101
"""Every so many-th face is relabelled between two versions."""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of this process's processor, and the result: other work on the machine changes them little."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def make(session: Session, name: str) -> tuple[float, DatasetVersion]:
    def work() -> DatasetVersion:
        version = versions.make(session, name, EVERYTHING, people.owner(session))
        session.commit()
        return version

    return timed(work)


def packed_bytes(version: DatasetVersion) -> int:
    return len(version.photo_ids) + len(version.face_ids)


def measure(faces: int) -> dict[str, Any]:
    with session_scope() as session:
        fill(session, faces)
        session.execute(delete(DatasetVersion))
        frozen_sets.drop_unused(session)
        session.commit()
        first_seconds, first = make(session, "First")
        second_seconds, second = make(session, "Second")
        session.execute(
            update(Face).where(Face.id % CHANGED == 0, Face.label == "mask").values(label="nomask")
        )
        session.commit()
        third_seconds, third = make(session, "Third")
        same_seconds, _ = timed(lambda: compare.compare(session, first, second))
        seconds, found = timed(lambda: compare.compare(session, first, third))
        again_seconds, _ = timed(lambda: compare.compare(session, first, third))
        details = found.faces["relabelled"][:50]
        page_seconds, _ = timed(lambda: compare.details(session, first, third, details))
        mark.mark_photos(session, Photo.id == 7, None)
        session.commit()
        erase_seconds, _ = timed(lambda: finish.finish_pending(session))
        return {
            "faces": faces,
            "make_first_s": first_seconds,
            "make_again_s": second_seconds,
            "make_changed_s": third_seconds,
            "relabelled": len(found.faces["relabelled"]),
            "compare_same_ms": 1000 * same_seconds,
            "compare_ms": 1000 * seconds,
            "compare_next_page_ms": 1000 * again_seconds,
            "details_ms": 1000 * page_seconds,
            "erase_photo_ms": 1000 * erase_seconds,
            "bytes_of_one_more": packed_bytes(second),
            "states": session.scalar(select(func.count()).select_from(FrozenFace)),
        }


def main() -> None:
    engine = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
    faces = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with suppress(KeyboardInterrupt), workbench(engine):
        upgrade()
        report("versions", f"{faces:,} faces on {engine}: one more version, and what differs", measure(faces))


if __name__ == "__main__":
    main()

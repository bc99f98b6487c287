"""Metrics in the text format of Prometheus: of this process, and the state of the workbench seconds ago."""

import threading
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from db import state
from db.session import session_scope

STATE_SECONDS = 5.0
"""The state is read at most so often, however many ask."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.4, 0.8, 1.5, 3.0, 10.0, 30.0)

registry = CollectorRegistry()
_requests = Counter("secondlook_requests", "Requests answered", ["endpoint", "status"], registry=registry)
_duration = Histogram(
    "secondlook_request_seconds", "Until an answer begins", ["endpoint"], buckets=BUCKETS, registry=registry
)


def note_request(endpoint: str, status: str, seconds: float) -> None:
    """Count a request whose answer begins."""
    _requests.labels(endpoint, status).inc()
    _duration.labels(endpoint).observe(seconds)


def text() -> bytes:
    """All metrics."""
    return generate_latest(registry)


class _StateCollector(Collector):
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at, self._families = -STATE_SECONDS, list[Metric]()

    def describe(self) -> list[Metric]:
        """None, or they would be read when this module is imported."""
        return []

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if time.monotonic() - self._read_at > STATE_SECONDS:
                self._families = list(_read())
                self._read_at = time.monotonic()
            yield from self._families


def _read() -> Iterator[Metric]:
    try:
        with session_scope() as session:
            now = state.read(session)
    except SQLAlchemyError:
        yield _gauge("database_up", "Whether the database answers", 0)
        return
    yield _gauge("database_up", "Whether the database answers", 1)
    yield _gauge("broker_up", "Whether the broker answers", now.queues is not None)
    yield _gauge("up", "Whether all workers run that ought to", not now.missing)
    yield _labelled("queue_messages", "Messages that wait", "queue", dict(now.queues or {}))
    jobs = GaugeMetricFamily("secondlook_jobs", "Jobs that are not done", labels=["kind", "state"])
    for kind, counts in now.jobs.items():
        for status, count in counts.items():
            jobs.add_metric([kind, status], count)
    yield jobs
    oldest = {kind: since.total_seconds() for kind, since in now.oldest.items()}
    yield _labelled("oldest_waiting_seconds", "Since the oldest waiting job was asked for", "kind", oldest)
    kinds = {one.kind for one in now.workers}
    alive = {kind: sum(now.is_alive(one) for one in now.workers if one.kind == kind) for kind in kinds}
    yield _labelled("workers_alive", "Workers with a recent heartbeat", "kind", alive)
    yield _gauge("disk_free_bytes", "Free bytes of the fuller disk", now.space.free)
    yield _gauge("disk_floor_bytes", "Bytes that are to stay free", now.space.floor)
    yield _gauge("database_bytes", "Size of the database", now.database_bytes)
    yield _gauge("clock_skew_seconds", "Largest error of a worker's clock", now.largest_skew)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"secondlook_{name}", text, value=value)


def _labelled(name: str, text: str, label: str, values: dict[str, float] | dict[str, int]) -> Metric:
    family = GaugeMetricFamily(f"secondlook_{name}", text, labels=[label])
    for key in sorted(values):
        family.add_metric([key], values[key])
    return family


registry.register(_StateCollector())

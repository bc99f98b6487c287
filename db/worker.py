"""Each Celery worker releases the jobs of its predecessor when it starts, and then sends heartbeats.

Workers load this module with `-I db.worker`. It defines the sweep, for any worker of queue `default`. With
WORKER_IDLE_MINUTES, which `flask up` sets, a worker that holds a network ends when nobody has needed it for
so long: the supervisor starts it again when there is work.
"""

import os
import signal
import sys
import threading
import time
from typing import Any

import structlog
from celery.signals import task_postrun, task_prerun, worker_ready
from sqlalchemy.exc import SQLAlchemyError

from db import jobs, logs
from db.queue import QUEUES, SWEEP, app
from db.session import session_scope
from db.settings import settings

logs.configure()
log = structlog.get_logger()

HEARTBEAT_SECONDS = 4
LIGHT_QUEUES = ("default", "erase")
"""Queues of tasks that need no network and come all the time."""
_running: set[str] = set()
_last_needed = time.monotonic()


@app.task(name=SWEEP)
def sweep() -> None:
    with session_scope() as session:
        jobs.sweep(session)
        jobs.heartbeat(session, "beat", "beat")


@worker_ready.connect
def _on_ready(sender: Any, **_: Any) -> None:
    name = str(sender.hostname)
    with session_scope() as session:
        jobs.release(session, name)
    threading.Thread(target=_send_heartbeats, args=(name,), daemon=True).start()


@task_prerun.connect
def _on_task(task_id: str, task: Any, **_: Any) -> None:
    if QUEUES.get(task.name) not in LIGHT_QUEUES:
        _running.add(task_id)


@task_postrun.connect
def _on_task_done(task_id: str, **_: Any) -> None:
    global _last_needed
    if task_id in _running:
        _running.discard(task_id)
        _last_needed = time.monotonic()


def _send_heartbeats(name: str) -> None:
    kind = name.partition("@")[0]
    while True:
        try:
            with session_scope() as session:
                jobs.heartbeat(session, name, kind)
        except SQLAlchemyError as error:  # the database may be away for a while; the worker is not
            log.warning("heartbeat_failed", error=str(error))
        if _is_idle(kind):
            os.kill(os.getpid(), signal.SIGTERM)  # Celery ends after the tasks at hand
            return
        time.sleep(HEARTBEAT_SECONDS)


def _is_idle(kind: str) -> bool:
    """Whether the worker holds a network that nobody needs. The detect worker holds one if MTCNN decides."""
    minutes = settings().worker_idle_minutes
    holds_network = kind != "detect" or "tensorflow" in sys.modules
    return (
        minutes is not None
        and holds_network
        and not _running
        and time.monotonic() - _last_needed > 60 * minutes
    )

"""What every Celery worker does besides its tasks: heartbeats, warming up, and stopping in time.

Workers load this module with `-I db.worker`, beat by its scheduler. It defines the sweep, for any worker of
queue `default`. With WORKER_IDLE_MINUTES, which `flask up` sets, a worker that holds a network ends when
nobody has needed it for so long: the supervisor starts it again when there is work. Without it, the worker
loads its networks when it starts, so that one that cannot is seen at once.
"""

import os
import signal
import sys
import threading
import time
from typing import Any

import structlog
from celery.signals import (
    beat_init,
    task_failure,
    task_postrun,
    task_prerun,
    task_success,
    worker_ready,
    worker_shutting_down,
)

from db import counters, jobs, logs, tasks
from db.queue import QUEUES, SEND_WEBHOOKS, SUBJECTS, SWEEP, WARM_UP_TASKS, app, worker_name
from db.session import session_scope
from db.settings import settings
from db.webhooks import due

logs.configure()
log = structlog.get_logger()

HEARTBEAT_SECONDS = 4
RETRY_SECONDS, WARM_UP_AGAIN_SECONDS = 1, 20
LIGHT_QUEUES = ("default", "erase")
"""Queues of tasks that need no network and come all the time."""
_running: set[str] = set()
_last_needed = time.monotonic()
_problem: str | None = None


@app.task(name=SWEEP)
def sweep() -> None:
    with session_scope() as session:
        jobs.sweep(session)
        counters.fold(session)
        webhooks = due.due_webhooks(session)
        if webhooks and not jobs.waiting_messages(QUEUES[SEND_WEBHOOKS]):
            for hook_id in webhooks:
                tasks.enqueue_webhook(session, hook_id)
        session.commit()


@worker_ready.connect
def _on_ready(sender: Any, **_: Any) -> None:
    name = str(sender.hostname)
    kind = name.partition("@")[0]
    while not _release(name) and not jobs.stopping.wait(RETRY_SECONDS):
        pass  # a job of its own must not be released later, and without the database there is nothing to do
    threading.Thread(target=_send_heartbeats, args=(name, kind), daemon=True).start()
    if settings().worker_idle_minutes is None and kind in WARM_UP_TASKS:
        threading.Thread(target=_warm_up, args=(app.tasks[WARM_UP_TASKS[kind]],), daemon=True).start()


def _release(name: str) -> bool:
    """Whether the jobs of this worker's predecessor could be released."""
    try:
        with session_scope() as session:
            jobs.release(session, name)
    except Exception as error:  # noqa: BLE001 - drivers raise errors of their own while they connect
        log.warning("release_failed", error=str(error))
        return False
    return True


def _warm_up(task: Any) -> None:
    """Try until it succeeds: what it needs may be away for a while."""
    while not task.apply().successful() and not jobs.stopping.wait(WARM_UP_AGAIN_SECONDS):
        pass


@beat_init.connect
def _on_beat(**_: Any) -> None:
    threading.Thread(target=_send_heartbeats, args=(worker_name("beat"), "beat"), daemon=True).start()


@worker_shutting_down.connect
def _on_stop(**_: Any) -> None:
    jobs.stopping.set()


@task_failure.connect
def _on_failure(sender: Any, exception: BaseException, **_: Any) -> None:
    global _problem
    if sender.name in WARM_UP_TASKS.values():
        _problem = f"{type(exception).__name__}: {exception}"


@task_success.connect
def _on_success(sender: Any, **_: Any) -> None:
    global _problem
    if sender.name in WARM_UP_TASKS.values():
        _problem = None


@task_prerun.connect
def _on_task(task_id: str, task: Any, args: Any, **_: Any) -> None:
    subject = {SUBJECTS[task.name]: args[0]} if task.name in SUBJECTS and args else {}
    sender = {"request": id} if (id := (task.request.headers or {}).get("request")) else {}
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, **subject, **sender)
    if QUEUES.get(task.name) not in LIGHT_QUEUES:
        _running.add(task_id)


@task_postrun.connect
def _on_task_done(task_id: str, **_: Any) -> None:
    global _last_needed
    structlog.contextvars.clear_contextvars()
    if task_id in _running:
        _running.discard(task_id)
        _last_needed = time.monotonic()


def _send_heartbeats(name: str, kind: str) -> None:
    while True:
        try:
            with session_scope() as session:
                jobs.heartbeat(session, name, kind, _problem)
        except Exception as error:  # noqa: BLE001 - the database may be away for a while; the worker is not
            log.warning("heartbeat_failed", error=str(error))
        if _is_idle(kind):
            os.kill(os.getpid(), signal.SIGTERM)  # Celery ends after the tasks at hand
            return
        time.sleep(HEARTBEAT_SECONDS)


def _is_idle(kind: str) -> bool:
    """Whether nobody needs the worker, and it runs only while there is work or holds TensorFlow.

    The detect worker does if MTCNN decides.
    """
    minutes = settings().worker_idle_minutes
    may_end = (
        kind in ("confirm", "clips", "similar", "transfers", "train", "webhooks")
        or "tensorflow" in sys.modules
    )
    return minutes is not None and may_end and not _running and time.monotonic() - _last_needed > 60 * minutes

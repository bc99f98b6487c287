"""Each Celery worker releases the jobs of its predecessor when it starts, and then sends heartbeats.

Workers load this module with `-I db.worker`. It defines the sweep, for any worker of queue `default`.
"""

import threading
import time
from typing import Any

import structlog
from celery.signals import worker_ready
from sqlalchemy.exc import SQLAlchemyError

from db import jobs, logs
from db.queue import SWEEP, app
from db.session import session_scope

logs.configure()
log = structlog.get_logger()

HEARTBEAT_SECONDS = 4


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


def _send_heartbeats(name: str) -> None:
    kind = name.partition("@")[0]
    while True:
        try:
            with session_scope() as session:
                jobs.heartbeat(session, name, kind)
        except SQLAlchemyError as error:  # the database may be away for a while; the worker is not
            log.warning("heartbeat_failed", error=str(error))
        time.sleep(HEARTBEAT_SECONDS)

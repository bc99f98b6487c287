"""`python -m db.health NAME`: exit code 0 if this container's process NAME is up, for its healthcheck.

`web` is up when it, the database and the broker answer; a worker, or beat, when it has sent a heartbeat
lately that names no problem.
"""

import http.client
import sys

from db import jobs
from db.models import Worker
from db.queue import worker_name
from db.session import session_scope
from db.settings import settings

SECONDS = 5


def problem(name: str) -> str | None:
    """Why the process is not up, or None."""
    if name == "web":
        return _problem_of_web()
    with session_scope() as session:
        worker = session.get(Worker, worker_name(name))
        if worker is None or not jobs.is_alive(worker):
            return "no heartbeat"
        return worker.problem


def _problem_of_web() -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", settings().port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        status = connection.getresponse().status
    except OSError as error:
        return str(error)
    finally:
        connection.close()
    return None if status == http.client.OK else f"it answers {status}"


if __name__ == "__main__":
    if (text := problem(sys.argv[1])) is not None:
        raise SystemExit(text)

"""When the recurring tasks are sent: each only once no earlier message of it waits.

So none piles up while no worker is there, and none has to expire, which would be by the clock of another
machine. Nothing is stored: all are due when beat starts, and running one too often does no harm.
Intervals are measured by a clock that nobody sets: when the machine's own is set back, nothing would be due
for as long.
"""

import json
import time
from datetime import datetime, timedelta
from typing import Any

from celery.beat import Scheduler as CeleryScheduler

from db import worker  # noqa: F401 - beat sends heartbeats as workers do
from db.base import now
from db.queue import QUEUES, app

A_LONG_TIME = timedelta(days=1)
STARTED = now(), time.monotonic()
MOST_MESSAGES = 200
"""In a queue of more, a message of each recurring task is taken to be waiting."""


class Scheduler(CeleryScheduler):
    """Celery's scheduler without a file, for tasks that have at most one message in the broker."""

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)
        for entry in self.schedule.values():
            schedule: Any = entry.schedule
            schedule.nowfun = steady_now
            entry.last_run_at = steady_now() - A_LONG_TIME

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        """Send the entry's task, unless a message of it waits."""
        return None if is_waiting(entry.task) else super().apply_async(entry, *args, **kwargs)


def steady_now() -> datetime:
    """When this process started, and the seconds since then."""
    at, counted = STARTED
    return at + timedelta(seconds=time.monotonic() - counted)


def is_waiting(task: str) -> bool:
    """Whether a message of `task` waits in its queue."""
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        messages = channel.client.lrange(QUEUES[task], 0, MOST_MESSAGES - 1)
    names = [json.loads(message)["headers"]["task"] for message in messages]
    return len(names) == MOST_MESSAGES or task in names

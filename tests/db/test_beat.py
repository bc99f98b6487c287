"""The recurring tasks come round whatever becomes of the machine's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import celery
import pytest

from db import beat
from db.queue import ERASE, SWEEP, app


class Scheduler(beat.Scheduler):
    """It notes what it would send."""

    producer: Any = None  # nothing is connected to

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        self.sent.append(entry.task)
        return celery.result.AsyncResult("an id", app=app)


@pytest.fixture
def scheduler() -> Scheduler:
    scheduler = Scheduler(app=app, lazy=True)
    scheduler.sent = []
    scheduler.setup_schedule()
    return scheduler


def sent(scheduler: Scheduler) -> set[str]:
    """What is sent until nothing is due."""
    scheduler.sent.clear()
    while not scheduler.tick():
        pass
    return set(scheduler.sent)


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(0), timedelta(hours=1)])
def test_a_task_is_due_after_its_interval_although_the_clock_was_set(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch, step: timedelta
) -> None:
    assert sent(scheduler) >= {SWEEP, ERASE}, "all are due when beat starts"
    monkeypatch.setattr(celery.Celery, "now", lambda self: datetime.now(UTC) + step)
    assert sent(scheduler) == set()
    monkeypatch.setattr(beat, "STARTED", (beat.STARTED[0], beat.STARTED[1] - 3))  # 3 seconds pass
    assert sent(scheduler) >= {SWEEP}
    assert ERASE not in scheduler.sent

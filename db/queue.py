"""The Celery app, the names and queues of its tasks, and sending after the commit.

A message carries only (id, attempt): the task reads everything else from the row. `db.tasks` has a function
for each task that other code enqueues.
"""

import socket
from typing import Any

import structlog
from celery import Celery
from celery.app.task import Task
from kombu.exceptions import OperationalError
from sqlalchemy import event
from sqlalchemy.orm import Session

from db import outages, private_files
from db.settings import settings

private_files.keep_private()  # workers and beat begin with this module
log = structlog.get_logger()

LOAD_DETECTOR = "labeller.load_detector"
LOAD_OTHER_DETECTORS = "labeller.load_other_detectors"
PROPOSE_FACES = "labeller.propose_faces"
CONFIRM_FACES = "labeller.confirm_faces"
DETECT_AGAIN = "labeller.detect_again"
FOLLOW_UP = "labeller.follow_up"
ERASE = "labeller.erase"
TIDY = "labeller.tidy"
PREDICT = "inference.predict"
PREDICT_BATCH = "inference.predict_batch"
CLASSIFY_PREDICTION = "trainer.classify_prediction"
TRAIN = "trainer.train"
SCORE_NEW_FACES = "trainer.score_new_faces"
FIND_UNSCORED = "trainer.find_unscored"
WARM_UP = "trainer.warm_up"
DRAW_MAP = "trainer.draw_map"
COUNT_SAVED = "trainer.count_saved"
DROP_MODELS = "trainer.drop_models"
START_DUE_RUN = "trainer.start_due_run"
ADD_FORMS = "trainer.add_forms"
SWEEP = "db.sweep"
MAKE_BACKUP = "db.make_backup"
START_DUE_BACKUP = "db.start_due_backup"
SAMPLE_CLIP = "inference.sample_clip"
MAKE_EXPORT = "inference.make_export"
SEND_WEBHOOKS = "db.send_webhooks"
FIND_SIMILAR = "inference.find_similar"
IMPORT = "labeller.import_dataset"

QUEUES = {
    LOAD_DETECTOR: "detect",
    LOAD_OTHER_DETECTORS: "confirm",
    PROPOSE_FACES: "detect",
    CONFIRM_FACES: "confirm",
    DETECT_AGAIN: "again",
    FOLLOW_UP: "default",
    ERASE: "erase",
    TIDY: "erase",
    PREDICT: "predict",
    PREDICT_BATCH: "detect",
    CLASSIFY_PREDICTION: "classify",
    TRAIN: "train",
    SCORE_NEW_FACES: "train",
    FIND_UNSCORED: "default",
    WARM_UP: "train",
    DRAW_MAP: "train",
    COUNT_SAVED: "train",
    DROP_MODELS: "erase",
    ADD_FORMS: "train",
    START_DUE_RUN: "default",
    SWEEP: "default",
    MAKE_BACKUP: "backup",
    START_DUE_BACKUP: "default",
    SAMPLE_CLIP: "clips",
    MAKE_EXPORT: "exports",
    SEND_WEBHOOKS: "webhooks",
    FIND_SIMILAR: "similar",
    IMPORT: "imports",
}
"""The broker queue of each task."""
SUBJECTS = {
    PROPOSE_FACES: "photo",
    CONFIRM_FACES: "photo",
    PREDICT: "prediction",
    PREDICT_BATCH: "prediction_batch",
    CLASSIFY_PREDICTION: "prediction",
    TRAIN: "run",
    COUNT_SAVED: "run",
    ADD_FORMS: "run",
    MAKE_BACKUP: "backup",
    SAMPLE_CLIP: "clip",
    MAKE_EXPORT: "export",
    SEND_WEBHOOKS: "webhook",
    IMPORT: "import",
}
"""What the first argument of a task is the id of, for the log."""
WARM_UP_TASKS = {"detect": LOAD_DETECTOR, "confirm": LOAD_OTHER_DETECTORS, "train": WARM_UP}
"""By kind of worker, the task that loads its networks. While that fails, the worker is not up."""


class PatientTask(Task[Any, Any]):
    """A task whose database or file store may be away: the sweep, or the next of its kind, does it then."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except Exception as error:
            if not outages.is_outage(error) or self.name in WARM_UP_TASKS.values():
                raise
            log.warning("outage", task=self.name, error=type(error).__name__)


app = Celery("secondlook", broker=settings().broker, task_cls=PatientTask)
app.conf.update(
    task_routes={name: {"queue": queue} for name, queue in QUEUES.items()},
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # kombu's own redelivery is the last resort; the row's lease is quick (ADR 5).
    broker_transport_options={
        "visibility_timeout": 3600,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "queue_order_strategy": "round_robin",
        "socket_connect_timeout": 2,
        # A request does not wait for a broker that is away (kombu would try for 6 s): the sweep sends.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.05,
    },
    beat_schedule={
        "sweep": {"task": SWEEP, "schedule": 2.0},
        "follow-up": {"task": FOLLOW_UP, "schedule": 10.0},
        "erase": {"task": ERASE, "schedule": 5.0},
        "tidy": {"task": TIDY, "schedule": 3600.0},
        "drop-models": {"task": DROP_MODELS, "schedule": 3600.0},
        "start-due-run": {"task": START_DUE_RUN, "schedule": 3.0},
        "start-due-backup": {"task": START_DUE_BACKUP, "schedule": 20.0},
        "find-unscored": {"task": FIND_UNSCORED, "schedule": 30.0},
    },
    beat_scheduler="db.beat:Scheduler",
)


def worker_name(kind: str) -> str:
    """The Celery node name of this machine's `kind` worker, which is also the owner of its jobs."""
    return f"{kind}@{socket.gethostname()}"


def enqueue(session: Session, task: str, *args: Any) -> None:
    """Send `task` after `session` commits; a rollback discards it."""
    session.info.setdefault("outbox", []).append((task, args))


def send(task: str, args: tuple[Any, ...]) -> bool:
    """Send the task now; returns whether that worked. Without a broker, the sweep sends the job later."""
    try:
        about = structlog.contextvars.get_contextvars().get("request")
        app.send_task(task, args=args, retry=False, headers={"request": about} if about else None)
    except OperationalError as error:
        log.warning("broker_away", task=task, args=args, error=str(error))
        return False
    return True


@event.listens_for(Session, "after_commit")
def _send_outbox(session: Session) -> None:
    for task, args in session.info.pop("outbox", []):
        send(task, args)


@event.listens_for(Session, "after_rollback")
def _forget_outbox(session: Session) -> None:
    session.info.pop("outbox", None)

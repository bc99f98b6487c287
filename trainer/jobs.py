"""The Celery tasks of the train worker.

The worker runs them in threads, because TensorFlow does not survive a fork.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery.signals import worker_init

from db import classes, queue
from db.queue import app, worker_name
from db.session import session_scope


@app.task(name=queue.TRAIN)
def train(run_id: int, attempt: int) -> None:
    from trainer.runs import train

    with session_scope() as session:
        train.train(session, run_id, attempt, worker_name("train"))


@app.task(name=queue.START_DUE_RUN)
def start_due_run() -> None:
    from trainer.runs import schedule

    with session_scope() as session:
        schedule.start_due_run(session)


@app.task(name=queue.SCORE_NEW_FACES)
def score_new_faces() -> None:
    from trainer.box_ranking import boxes
    from trainer.runs import score
    from trainer.selection import review_plan

    with session_scope() as session:
        score.score_new_faces(session)
        boxes.score_proposals(session, rescore=False)
        review_plan.refill(session)


@app.task(name=queue.LEARN_BOXES)
def learn_boxes(run_id: int) -> None:
    from trainer.box_ranking import boxes

    with session_scope() as session:
        boxes.train_box_head(session, run_id)


@app.task(name=queue.COUNT_SAVED)
def count_saved(run_id: int) -> None:
    from trainer.label_efficiency import earlier_heads, labels_saved_job

    with session_scope() as session:
        earlier_heads.measure(session, run_id)
        labels_saved_job.count(session, run_id)


@app.task(name=queue.DRAW_MAP)
def draw_map() -> None:
    from trainer.face_map import layout
    from trainer.features import networks

    with session_scope() as session:
        layout.draw(session, networks.shared())


@app.task(name=queue.WEIGH_BOXES)
def weigh_boxes() -> None:
    from trainer.box_ranking import boxes

    with session_scope() as session:
        boxes.score_proposals(session, rescore=True)


@app.task(name=queue.CLASSIFY_PREDICTION)
def classify_prediction(prediction_id: int) -> None:
    from trainer.runs import classify

    with session_scope() as session:
        classify.classify_prediction(session, prediction_id)


@worker_init.connect
def _warm_up(**_: Any) -> None:
    """Load TensorFlow and the backbone when the worker starts, so that no task waits for it."""
    from trainer.features import backbone, networks
    from trainer.models import export

    with session_scope() as session:
        count = len(classes.names(session))
    backbone.backbone_id()  # cached before two threads ask for it
    with ThreadPoolExecutor(1) as pool:  # on the first start both convert for 10 s
        embedding = pool.submit(networks.shared)
        export.warm_up(count)
        embedding.result()

"""The Celery tasks of the train worker.

The worker runs them in threads, because TensorFlow does not survive a fork.
"""

import functools
from concurrent.futures import ThreadPoolExecutor

from db import classes, queue
from db.queue import app, worker_name
from db.session import session_scope


@app.task(name=queue.TRAIN)
def train(run_id: int, attempt: int) -> None:
    from trainer.runs import train

    with session_scope() as session:
        _load_networks(len(classes.names(session)))
        train.train(session, run_id, attempt, worker_name("train"))


@app.task(name=queue.SCORE_NEW_FACES)
def score_new_faces() -> None:
    from trainer.runs import score
    from trainer.selection import review_plan

    with session_scope() as session:
        score.score_new_faces(session)
        review_plan.refill(session)


@app.task(name=queue.COUNT_SAVED)
def count_saved(run_id: int) -> None:
    from trainer.label_efficiency import earlier_heads, labels_saved_job

    with session_scope() as session:
        earlier_heads.measure(session, run_id)
        labels_saved_job.count(session, run_id)


@app.task(name=queue.ADD_FORMS)
def add_forms(run_id: int) -> None:
    from trainer.runs import add_forms

    with session_scope() as session:
        add_forms.add_forms(session, run_id)


@app.task(name=queue.DRAW_MAP)
def draw_map() -> None:
    from trainer.face_map import layout
    from trainer.features import networks

    with session_scope() as session:
        layout.draw(session, networks.shared())


@app.task(name=queue.CLASSIFY_PREDICTION)
def classify_prediction(prediction_id: int) -> None:
    from trainer.runs import classify

    with session_scope() as session:
        classify.classify_prediction(session, prediction_id)


@app.task(name=queue.WARM_UP)
def warm_up() -> None:
    """While somebody labels: a run that follows does not wait for TensorFlow."""
    from trainer.models import head_fit
    from trainer.runs import train

    with session_scope() as session:
        count = len(classes.names(session))
    with train.one_at_a_time:
        _load_networks(count)
        head_fit.warm_up(count)


@functools.cache
def _load_networks(count: int) -> None:
    """Load TensorFlow, the backbone and the template of a model of `count` classes, once."""
    from trainer.features import backbone, networks
    from trainer.models import export

    backbone.backbone_id()  # cached before two threads ask for it
    with ThreadPoolExecutor(1) as pool:  # on the first start both convert for 10 s
        embedding = pool.submit(networks.shared)
        export.warm_up(count)
        embedding.result()

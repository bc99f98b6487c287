"""Tasks of the trainer that need no network; the detect worker runs them, so that the train worker may
rest."""

from db import queue
from db.queue import app
from db.session import session_scope


@app.task(name=queue.START_DUE_RUN)
def start_due_run() -> None:
    from trainer.runs import needs, schedule

    with session_scope() as session:
        schedule.start_due_run(session)
        needs.keep_warm(session)


@app.task(name=queue.FIND_UNSCORED)
def find_unscored() -> None:
    from trainer.runs import needs

    with session_scope() as session:
        needs.score_if_needed(session)
        needs.add_missing_forms(session)


@app.task(name=queue.DROP_MODELS)
def drop_models() -> None:
    from trainer.runs import kept_models

    with session_scope() as session:
        kept_models.drop_old(session)

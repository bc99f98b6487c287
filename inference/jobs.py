"""The tasks of the workers that have a model at work, and of the one that makes exports, perhaps of crops."""

from typing import Any

from db import queue
from db.queue import app, worker_name
from db.session import session_scope


@app.task(name=queue.SAMPLE_CLIP)
def sample_clip(clip_id: int, attempt: int) -> None:
    from inference.clips import sample

    with session_scope() as session:
        sample.sample_clip(session, clip_id, attempt, worker_name("clips"))


@app.task(name=queue.PREDICT)
def predict(prediction_id: int) -> None:
    from inference import predict

    with session_scope() as session:
        predict.answer(session, prediction_id)


@app.task(name=queue.PREDICT_BATCH)
def predict_batch(batch_id: int, attempt: int) -> None:
    from inference import predict

    with session_scope() as session:
        predict.answer_batch(session, batch_id, attempt, worker_name("detect"))


@app.task(name=queue.MAKE_EXPORT)
def make_export(export_id: int, attempt: int) -> None:
    from inference.cutting import cut
    from labeller.exports import make

    with session_scope() as session:
        make.make(session, export_id, attempt, worker_name("transfers"), cut)


@app.task(name=queue.FIND_SIMILAR)
def find_similar(question: dict[str, Any]) -> None:
    from inference.similar import answer

    with session_scope() as session:
        answer.answer(session, question)

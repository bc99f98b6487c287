"""The tasks of the workers that have a model at work."""

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

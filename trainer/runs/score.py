"""Class probabilities of every face under a run, for the review queue and the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, update
from sqlalchemy.orm import Session

from db import classes
from db.face_rows import insert_for_faces
from db.models import Face, Run, Score
from db.workbench import live_run
from trainer.arrays import FloatArray
from trainer.features.feature_store import OnProgress
from trainer.features.networks import Network, network_of
from trainer.models.head import Head
from trainer.runs import promote
from trainer.runs.needs import faces_to_score, unscored
from trainer.runs.read_ahead import Chunk, read_ahead
from trainer.selection.strategies import margins


@dataclass(frozen=True)
class _Scorer:
    """A run with its model, which is not in the run's row before the run is done."""

    run: Run
    network: Network
    head: Head


def newest_faces(session: Session, limit: int) -> list[int]:
    """Ids of the newest faces that are scored, newest first, without doubtful detections."""
    query = faces_to_score().with_only_columns(Face.id).where(Face.doubtful.is_(False))
    return list(session.scalars(query.order_by(Face.id.desc()).limit(limit)))


def score_all(
    session: Session,
    run: Run,
    network: Network,
    head: Head,
    on_progress: OnProgress = lambda share: None,
) -> int:
    """Score every face under the run, chunk by chunk, and return how many. Commits after each chunk.

    The run is not live yet, so nobody sees the scores before all of them are there.
    """
    session.execute(delete(Score).where(Score.run_id == run.id))
    session.commit()  # release the lock: the thread that reads ahead writes features
    ids = list(session.scalars(faces_to_score().with_only_columns(Face.id).order_by(Face.id)))
    return _score(session, _Scorer(run, network, head), ids, on_progress)


def score_new_faces(session: Session) -> int:
    """Score faces that the live run has not scored with their present box; return how many. Commits."""
    promote.delete_old_scores(session)
    run = live_run(session)
    if run is None or run.head is None:
        return 0
    ids = list(session.scalars(unscored(run).order_by(Face.id)))
    if not ids:
        return 0
    moved = exists().where(Face.id == Score.face_id, Face.box_version != Score.box_version)
    session.execute(delete(Score).where(Score.run_id == run.id, moved))
    session.commit()  # release the lock, as in score_all
    scorer = _Scorer(run, network_of(session, run), Head.from_dict(run.head))
    return _score(session, scorer, ids)


def _score(
    session: Session, scorer: _Scorer, ids: Sequence[int], on_progress: OnProgress = lambda share: None
) -> int:
    count = 0
    for chunk in read_ahead(scorer.network, ids, on_progress):
        present = [id for id in chunk.versions if (id, 0) in chunk.features]
        probabilities = scorer.head.probabilities(chunk.features.undistorted(present))
        classes.lock(session)  # a class renamed until the commit would keep its old name in these scores
        labels = classes.read(session).shown(scorer.run.classes)
        insert_for_faces(session, Score, _rows(scorer.run.id, present, chunk, probabilities, labels))
        session.commit()
        count += len(present)
    _reopen_undecided(session, scorer.run)
    return count


def _reopen_undecided(session: Session, run: Run) -> None:
    """Open the scores of faces whose answer was taken back while they were being scored. Commits."""
    undecided = exists().where(Face.id == Score.face_id, Face.decided_at.is_(None))
    closed = update(Score).where(Score.run_id == run.id, Score.open.is_(False), undecided)
    session.execute(closed.values(open=True), execution_options={"synchronize_session": False})
    session.commit()


def _rows(
    run_id: int, ids: Sequence[int], chunk: Chunk, probabilities: FloatArray, labels: list[str]
) -> list[dict[str, Any]]:
    best, margin = probabilities.argmax(axis=1).tolist(), margins(probabilities).tolist()
    return [
        {
            "run_id": run_id,
            "face_id": id,
            "box_version": chunk.versions[id],
            "probabilities": row,
            "label": labels[best[i]],
            "margin": margin[i],
            "open": id not in chunk.decided or chunk.decided[id] not in (None, labels[best[i]]),
        }
        for i, (id, row) in enumerate(zip(ids, probabilities.round(6).tolist(), strict=True))
    ]

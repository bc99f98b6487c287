"""Mending what `db.integrity` finds, where nothing is lost by it."""

from collections.abc import Iterator

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from db import counters
from db.integrity import damaged_features, leftover_scores, remove_unused_blobs
from db.models import Embedding, Score
from db.workbench import lock_workbench


def repair(session: Session) -> Iterator[str]:
    """Mend what can be mended, one line for each. Commits."""
    if _has_damaged_index(session):
        session.execute(text("REINDEX"))
        yield "database: its indexes are built anew"
    lock_workbench(session)  # no run becomes live, or is live no longer, before its scores are deleted
    for run_id, count in leftover_scores(session):
        session.execute(delete(Score).where(Score.run_id == run_id))
        yield f"run {run_id}: {count} scores that were left are removed"
    session.commit()
    for face_id in sorted({embedding.face_id for embedding in damaged_features(session)}):
        session.execute(delete(Embedding).where(Embedding.face_id == face_id))
        yield f"face {face_id}: its damaged features are removed; the next run computes them again"
    session.commit()
    yield from counters.repair(session)
    yield from remove_unused_blobs(session)


def _has_damaged_index(session: Session) -> bool:
    """Whether SQLite finds an index that does not fit its table, and nothing worse."""
    if session.get_bind().dialect.name != "sqlite":
        return False
    problems = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check"))]
    return problems != ["ok"] and all("index" in problem for problem in problems)

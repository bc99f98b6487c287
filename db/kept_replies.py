"""Requests that are known again by their key, for a day: begun, carried out, answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Executable, delete, event, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.errors import Conflict
from db.models import KeptReply
from db.session import insert_missing

KEPT_FOR = timedelta(hours=24)
AT_WORK_FOR = timedelta(seconds=60)
"""After which a request that was not answered counts as killed. No request takes as long."""
_BEGUN = "begun request"


@dataclass(frozen=True)
class Asked:
    """Who sent what under which key; key and request as hashes."""

    person_id: int
    key_hash: str
    request_hash: str


@dataclass(frozen=True)
class Begun:
    """A request that is ours to carry out."""

    asked: Asked
    at: datetime


def find(session: Session, asked: Asked) -> KeptReply | None:
    """What is known of the key; not of one that is too old."""
    row = session.get(KeptReply, (asked.person_id, asked.key_hash), populate_existing=True)
    return None if row is None or row.begun_at < now() - KEPT_FOR else row


def is_at_work(row: KeptReply) -> bool:
    """Whether the request may still be answered by whoever began it."""
    return row.status is None and row.begun_at > now() - AT_WORK_FOR


def begin(session: Session, asked: Asked, before: KeptReply | None) -> Begun | None:
    """Take the request, and commit; None if somebody else was first.

    `before` is what is known of it, to carry out again what a killed process has not.
    """
    at = now()
    table = KeptReply.__table__
    mine = KeptReply.person_id == asked.person_id, KeptReply.key_hash == asked.key_hash
    values = {"request_hash": asked.request_hash, "begun_at": at, "carried_out": False}
    if before is None:
        _run(session, delete(KeptReply).where(*mine, KeptReply.begun_at < at - KEPT_FOR))
        insert_missing(session, table, [{"person_id": asked.person_id, "key_hash": asked.key_hash} | values])
    else:
        again = update(KeptReply).where(*mine, KeptReply.begun_at == before.begun_at)
        _run(session, again.values(values | {"status": None, "sealed": None}))
    taken = session.scalar(select(KeptReply.begun_at).where(*mine))
    session.commit()
    return Begun(asked, at) if taken == at else None


def mark_commits(session: Session, begun: Begun) -> None:
    """From now on each commit of the session notes, in the same transaction, that the request did something.

    It raises Conflict, and nothing is stored, if the request was taken for killed and carried out by another.
    """

    session.info[_BEGUN] = begun
    event.listen(session, "before_commit", _mark)


def _mark(session: Session) -> None:
    begun = session.info.get(_BEGUN)
    if begun and not _run(session, update(KeptReply).where(*_still(begun)).values(carried_out=True)):
        raise Conflict("taken_over", "This request took too long, and was carried out by another one.")


def answered(session: Session, begun: Begun, status: int, sealed: bytes) -> None:
    """Keep the answer, and commit."""
    session.info.pop(_BEGUN, None)
    _run(session, update(KeptReply).where(*_still(begun)).values(status=status, sealed=sealed))
    session.commit()


def refused(session: Session, begun: Begun) -> None:
    """Forget a request that has changed nothing, so that it may be sent again, and commit."""
    session.info.pop(_BEGUN, None)
    _run(session, delete(KeptReply).where(*_still(begun), ~KeptReply.carried_out))
    session.commit()


def forget_bodies(session: Session) -> None:
    """Forget what was answered, but not that it was: somebody is erased whom an answer may name."""
    _run(session, update(KeptReply).where(KeptReply.sealed.is_not(None)).values(sealed=None))


def tidy(session: Session) -> None:
    """Delete what is older than a day."""
    _run(session, delete(KeptReply).where(KeptReply.begun_at < now() - KEPT_FOR))


def _still(begun: Begun) -> tuple[ColumnElement[bool], ...]:
    asked = begun.asked
    key = KeptReply.person_id == asked.person_id, KeptReply.key_hash == asked.key_hash
    return (*key, KeptReply.begun_at == begun.at)


def _run(session: Session, statement: Executable) -> int:
    """Run it without looking at loaded rows; how many rows it concerned."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount

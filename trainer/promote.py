"""Which model is live: a candidate takes over only if it is not worse on the same locked faces."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Event, Person, Run, Score, Workbench


def workbench(session: Session) -> Workbench:
    """The one row, locked until the commit."""
    row = session.scalar(select(Workbench).with_for_update())
    if row is None:
        row = Workbench(id=1)
        session.add(row)
        session.flush()
    return row


def verdict(candidate: dict[str, Any] | None, live: dict[str, Any] | None, first: bool) -> tuple[bool, str]:
    """Promote or not, and why, from the two models' figures on the current locked set."""
    if first:
        return True, "It is the first model."
    if candidate is None or live is None:
        return True, "The locked test set is still too small to compare; the newer model knows more answers."
    new, old = (one["balanced_accuracy"]["value"] for one in (candidate, live))
    figures = f"balanced accuracy {new:.1%} against {old:.1%} on the same {candidate['n']} locked faces"
    if new >= old:
        return True, f"Not worse than the live model: {figures}."
    return False, f"Worse than the live model: {figures}. The live model stays."


def make_live(session: Session, run: Run, reason: str, by: Person | None = None) -> None:
    """Swap the live run; scores of other runs go with the same commit."""
    row = workbench(session)
    row.live_run_id = run.id
    run.promoted, run.reason = True, reason
    session.execute(delete(Score).where(Score.run_id != run.id))
    session.add(
        Event(kind="promoted", person_id=by.id if by else None, detail={"run": run.id, "reason": reason})
    )

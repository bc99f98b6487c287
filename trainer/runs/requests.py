"""Asking for runs, stopping them, choosing between them. Light: the web process calls this."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import CursorResult, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import classes, jobs, tasks
from db.base import OPEN, now
from db.i18n import N_
from db.models import STANDING, Answer, Event, Person, Run
from db.workbench import live_run, workbench
from trainer.data.dataset import label_counts
from trainer.data.minimum_labels import PER_CLASS_TO_TRAIN, require_for_training
from trainer.data.recipe import Recipe
from trainer.errors import NoModel, NotFound, RunEnded
from trainer.runs.promote import make_live

LEAST_NEW, NEW_SHARE = 10, 0.1
LEAST_PROGRESS = 0.05
"""Of a run without a forerunner, before which its end cannot be guessed."""


def request_run(session: Session, recipe: Mapping[str, Any] | str, by: Person | None = None) -> Run:
    """A queued run: the one that waits already, or a new one. Raises BadRecipe, NotEnoughLabels."""
    chosen = Recipe.parse(recipe)
    if (waiting := _waiting(session)) is not None:
        return waiting
    names = classes.names(session)
    require_for_training(label_counts(session), names, fine_tune=chosen.blocks > 0)
    run = Run(recipe=chosen.as_dict(), seed=chosen.seed, classes=list(names))
    session.add(run)
    try:
        jobs.submit(session, run)
    except IntegrityError:  # somebody else asked in the same moment: join theirs
        session.rollback()
        if (waiting := _waiting(session)) is None:
            raise
        return waiting
    session.add(Event(kind="run_requested", person_id=by.id if by else None, detail={"run": run.id}))
    return run


def get_run(session: Session, run_id: int) -> Run:
    """The run, or NotFound."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise NotFound("no_such_run", "There is no such run.")
    return run


def recent(session: Session, limit: int = 20) -> list[Run]:
    """The newest runs first."""
    return list(session.scalars(select(Run).order_by(Run.id.desc()).limit(limit)))


def cancel(session: Session, run: Run, by: Person | None = None) -> None:
    """End the run now; its worker finds its writes fenced off and stops. Raises RunEnded."""
    stop = update(Run).where(Run.id == run.id, Run.status.in_(OPEN))
    ended = session.execute(stop.values(status="cancelled", finished_at=now(), phase="cancelled"))
    assert isinstance(ended, CursorResult)
    if ended.rowcount == 0:
        raise RunEnded("run_over", "This run has ended already.")
    session.refresh(run)
    session.add(Event(kind="run_cancelled", person_id=by.id if by else None, detail={"run": run.id}))


def promote(session: Session, run: Run, by: Person, reason: str = "") -> None:
    """Make the run's model live by hand. Raises NoModel unless the run is done.

    Its scores are computed next, if it was not the live model before; until then no face has any.
    """
    if run.status != "done" or run.head is None:
        raise NoModel("no_model", "This run has no model.", "Promote a run that is done.")
    said = f"Chosen by {by.name}: {reason.strip()}" if reason.strip() else f"Chosen by {by.name}."
    make_live(session, run, said, by)
    tasks.enqueue_scoring(session)


def roll_back(session: Session, by: Person) -> Run:
    """Make the model live that was before this one; its scores are still there. Raises NoModel."""
    row = workbench(session)
    before = session.get(Run, row.previous_run_id) if row.previous_run_id else None
    if before is None:
        raise NoModel("nothing_before", "There is no model to go back to.")
    promote(session, before, by, f"back from run {row.live_run_id}")
    return before


@dataclass(frozen=True)
class Worth:
    """Answers there are and answers needed until a retrain is worth it, and why, with the text's values."""

    have: int
    needed: int
    reason: str
    values: dict[str, int]


def worth(session: Session) -> Worth:
    """A first model needs enough of each class; a later one should learn from a tenth more than the last.

    A tenth is a rule of thumb: error falls about as a power of the number of labels, so fewer change little.
    """
    live, names = live_run(session), classes.names(session)
    if live is None:
        counts = label_counts(session)
        have = sum(min(PER_CLASS_TO_TRAIN, counts.get(name, 0)) for name in names)
        reason = N_("A first model needs %(n)s faces of each class.")
        return Worth(have, PER_CLASS_TO_TRAIN * len(names), reason, {"n": PER_CLASS_TO_TRAIN})
    learned = (live.metrics or {}).get("train", {}).get("n", 0)
    needed = max(LEAST_NEW, ceil(learned * NEW_SHARE))
    reason = N_("That is a tenth more than the %(n)s faces it learned from.")
    return Worth(answers_since(session, live), needed, reason, {"n": learned})


def _waiting(session: Session) -> Run | None:
    return session.scalar(select(Run).where(Run.status == "queued"))


def answers_since(session: Session, run: Run | None) -> int:
    """How many standing answers the run did not know of; all of them without a run."""
    query = select(func.count(Answer.id)).where(STANDING)
    if run is not None:
        query = query.where(or_(Answer.run_id.is_(None), Answer.run_id > run.id))
    return session.scalar(query) or 0


def seconds_left(session: Session, run: Run) -> float | None:
    """About how long a run still takes: by the last one of its preset, else by how far it has come."""
    if run.started_at is None:
        return None
    query = select(Run).where(Run.status == "done", Run.id < run.id).order_by(Run.id.desc()).limit(10)
    for before in session.scalars(query):
        if before.recipe == run.recipe and before.metrics:
            return float(sum(before.metrics["seconds"].values()) * (1 - run.progress))
    gone = (now() - run.started_at).total_seconds()
    return gone / run.progress * (1 - run.progress) if run.progress > LEAST_PROGRESS else None


def names_of_people(session: Session, run: Run) -> dict[str, str]:
    """Names of the people in the run's slices, by id as text; who was erased has none."""
    parts = [(run.metrics or {}).get(part) or {} for part in ("locked", "cross_validated")]
    ids = {one["name"] for part in parts for one in part.get("slices", []) if one["by"] == "person"}
    query = select(Person).where(Person.id.in_([int(id) for id in ids if id.isdecimal()]))
    return {str(person.id): person.name for person in session.scalars(query)}

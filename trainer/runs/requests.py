"""Request, cancel, promote and describe runs. The web process calls this, so it imports no TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import classes, counters, disk, job_ends, jobs, tasks
from db.base import now
from db.errors import Conflict
from db.i18n import N_
from db.messages import Message, a_person, message
from db.models import DatasetVersion, Event, Person, Run
from db.texts import one_line
from db.webhooks import events
from db.workbench import live_run, lock_workbench
from trainer.data import version_data
from trainer.data.dataset import label_counts
from trainer.data.minimum_labels import PER_CLASS_TO_TRAIN, missing_to_train, require_for_training
from trainer.data.recipe import Recipe
from trainer.errors import NoModel, NotFound, RunEnded
from trainer.runs.kept_models import require_files
from trainer.runs.promote import make_live

CHOSEN_BY = N_("Chosen by %(person)s.")
CHOSEN_BECAUSE = N_("Chosen by %(person)s: %(reason)s")
WENT_BACK = N_("Chosen by %(person)s: back from run %(run)s.")
LONGEST_REASON = 500
MIN_NEW_ANSWERS = 10
NEW_ANSWER_SHARE = 0.1
"""New answers that make a retrain worthwhile: the least number, and the share of the faces learned from."""
MIN_PROGRESS = 0.05
"""Progress from which the rest of a run is extrapolated, if no earlier run had the same recipe."""


def request_run(
    session: Session,
    recipe: Mapping[str, Any] | str,
    by: Person | None = None,
    version: DatasetVersion | None = None,
) -> Run:
    """The queued run if there is one, whatever its recipe, else a new one, on a version or on all answers.

    Raises BadRecipe, NotEnoughLabels, Conflict if the queued run learns from other data, and NoSpace while
    the disk is nearly full.
    """
    parsed = Recipe.parse(recipe)
    disk.require_space()
    if (queued := _queued_run(session)) is not None:
        return _require_same_data(queued, version)
    current = classes.read(session)
    counts = label_counts(session) if version is None else version_data.label_counts(version, current)
    require_for_training(counts, current.names, fine_tune=parsed.blocks > 0)
    run = Run(recipe=parsed.as_dict(), seed=parsed.seed, classes=list(current.ids.values()))
    run.version_id = version.id if version else None
    session.add(run)
    try:
        jobs.submit(session, run)
    except IntegrityError:
        session.rollback()
        return request_run(
            session, recipe, by, version
        )  # somebody was quicker; theirs may be running already
    session.add(Event(kind="run_requested", person_id=by.id if by else None, detail={"run": run.id}))
    return run


def _require_same_data(queued: Run, version: DatasetVersion | None) -> Run:
    if queued.version_id != (version.id if version else None):
        hint = "Start yours when it runs, or stop it."
        raise Conflict("other_data_queued", f"Run {queued.id} waits, and learns from other data.", hint)
    return queued


def get_run(session: Session, run_id: int) -> Run:
    """The run, as the database has it now. Raises NotFound."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise NotFound("no_such_run", "There is no such run.")
    return run


def recent_runs(session: Session, limit: int = 20, before: int = 0) -> list[Run]:
    """The newest runs, newest first; with `before` those with a smaller id than that."""
    query = select(Run).where(Run.id < before) if before else select(Run)
    return list(session.scalars(query.order_by(Run.id.desc()).limit(limit)))


def cancel(session: Session, run: Run, by: Person | None = None) -> None:
    """End the run now; its worker stops at its next write, which fails. Raises RunEnded."""
    if not job_ends.cancel(session, run, phase="cancelled"):
        raise RunEnded("run_over", "This run has ended already.")
    session.refresh(run)
    events.run_ended(session, run.id, "cancelled")
    session.add(Event(kind="run_cancelled", person_id=by.id if by else None, detail={"run": run.id}))


def promote(session: Session, run: Run, by: Person, reason: str = "") -> None:
    """Make the run's model live on a person's decision. Raises NoModel unless the run is done and has files.

    Unless it was the previous live model, no face has a score until the worker has computed them.
    """
    lock_workbench(session)  # the files of a run are dropped under the same lock
    session.refresh(run)
    require_files(run)
    if run.status != "done" or run.head is None:
        raise NoModel("no_model", "This run has no model.", "Promote a run that is done.")
    make_live(session, run, _choice(by, one_line(reason, LONGEST_REASON)), by)
    tasks.enqueue_scoring(session)


def roll_back(session: Session, by: Person) -> Run:
    """Make the previous model live again; its scores are still there. Raises NoModel."""
    row = lock_workbench(session)
    previous = session.get(Run, row.previous_run_id) if row.previous_run_id else None
    if previous is None:
        raise NoModel("nothing_before", "There is no model to go back to.")
    make_live(session, previous, message(WENT_BACK, person=a_person(by), run=row.live_run_id), by)
    return previous


def _choice(by: Person, reason: str) -> Message:
    if not reason:
        return message(CHOSEN_BY, person=a_person(by))
    return message(CHOSEN_BECAUSE, person=a_person(by), reason=reason)


@dataclass(frozen=True)
class RetrainProgress:
    """Answers there are, and answers needed until a retrain is worthwhile.

    `missing`: faces of each class without which no model can be trained at all. `learned`: how many faces the
    live model learned from; None without one.
    """

    have: int
    needed: int
    missing: dict[str, int]
    learned: int | None


def retrain_progress(session: Session) -> RetrainProgress:
    """How far it is to the next worthwhile run.

    Every model needs enough labels of each class, and one after the first a tenth more than the live model
    learned from. A tenth is a rule of thumb: the error falls about as a power of the number of labels, so
    fewer change little.
    """
    live, names, counts = live_run(session), classes.names(session), label_counts(session)
    learned = None if live is None else int((live.metrics or {}).get("train", {}).get("n", 0))
    missing = missing_to_train(counts, names)
    if missing or learned is None:
        needed = PER_CLASS_TO_TRAIN * len(names)
        return RetrainProgress(needed - sum(missing.values()), needed, missing, learned)
    needed = max(MIN_NEW_ANSWERS, ceil(learned * NEW_ANSWER_SHARE))
    return RetrainProgress(answers_since(session, live), needed, {}, learned)


def _queued_run(session: Session) -> Run | None:
    return session.scalar(select(Run).where(Run.status == "queued"))


def answers_since(session: Session, run: Run | None) -> int:
    """The number of standing answers newer than the run's dataset; of all answers without a run."""
    by_run = counters.totals(session, "answers")
    return sum(count for id, count in by_run.items() if run is None or not id or int(id) > run.id)


def seconds_left(session: Session, run: Run) -> float | None:
    """Estimated seconds until the run ends; None if there is nothing to estimate from.

    The estimate is by the last run with the same recipe, else by the run's own progress so far.
    """
    if run.started_at is None:
        return None
    query = select(Run).where(Run.status == "done", Run.id < run.id).order_by(Run.id.desc()).limit(10)
    for earlier in session.scalars(query):
        if earlier.recipe == run.recipe and earlier.metrics:
            return float(sum(earlier.metrics["seconds"].values()) * (1 - run.progress))
    elapsed = (now() - run.started_at).total_seconds()
    return elapsed / run.progress * (1 - run.progress) if run.progress > MIN_PROGRESS else None


def person_names(session: Session, run: Run) -> dict[str, str]:
    """Names of the people in the run's slices, by id as text; erased people are missing."""
    parts = [(run.metrics or {}).get(part) or {} for part in ("locked", "cross_validated")]
    ids = {item["name"] for part in parts for item in part.get("slices", []) if item["by"] == "person"}
    query = select(Person).where(Person.id.in_([int(id) for id in ids if id.isdecimal()]))
    return {str(person.id): person.name for person in session.scalars(query)}

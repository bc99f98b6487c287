"""What an archive's photos refer to, brought in or found here: classes, people, tags, runs."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes, signing
from db.base import now
from db.classes import comparable
from db.i18n import N_
from db.messages import message
from db.models import Class, Person, Run
from labeller.archive import layout
from labeller.archive.found import Found, Say, without_none
from labeller.archive.ids_in_results import Renumbered
from labeller.archive.lines import Row
from labeller.archive.read import Archive
from labeller.datasets import tags
from labeller.people.people import LONGEST_NAME, find_person

STAYED = N_("From an archive: what it learned stayed where it was trained.")

RESULTS = {"metrics": "metrics", "log": "log", "saved": "labels_saved"}
"""Columns with ids in them, and what they are called here."""


def bring(session: Session, archive: Archive, say: Say) -> Found:
    """Add the classes, people, tags and runs that are not here. Does not commit."""
    found = Found()
    classes.lock(session, to_edit=True)
    _bring_classes(session, archive, found)
    _bring_people(session, archive, found, say)
    found.ids["tag"] = {
        row["id"]: tags.find_or_add(session, row["name"]).id for row in archive.rows(layout.TAGS)
    }
    _bring_runs(session, archive, found)
    return found


def _bring_classes(session: Session, archive: Archive, found: Found) -> None:
    """Classes go by what they are or were called; others are added, merged and retired as they were there."""
    known, ids = classes.read(session).known, dict[str, int]()
    ids |= {name: id for id, name in classes.read(session).own_names.items()}
    found.ids["class"], added = {}, list[tuple[Class, Row]]()
    for row in archive.rows(layout.CLASSES):
        name = known.get(comparable(row["name"]))
        if name is None:
            one = Class(name=row["name"], former=row["former"], retired_at=row["retired_at"])
            session.add(one)
            session.flush()
            added.append((one, row))
            name, ids[row["name"]] = row["name"], one.id
        found.labels[row["name"]], found.ids["class"][row["id"]] = name, ids[name]
    for one, row in added:
        one.merged_into_id = found.id("class", row["merged_into_id"])
    session.flush()


def _bring_people(session: Session, archive: Archive, found: Found, say: Say) -> None:
    here, mine = dict[int, int | None](), signing.workbench_id()
    for row in archive.rows(layout.PEOPLE):
        origin = str(row["origin"])
        workbench, _, number = origin.rpartition(":")
        if workbench == mine:
            person = find_person(session, int(number)) if number.isdigit() else None
            if person is None:
                say("skipped", "", f"person {row['id']}", "was deleted here; left out with their photos")
            here[row["id"]] = person.id if person else None
            continue
        known = session.scalar(select(Person).where(Person.origin == origin))
        if known is None:
            known = _new_person(row)
            session.add(known)
            session.flush()
            if row["role"] == "owner":
                say("note", "", f"person {row['id']}", "was an owner there, and is a labeller here")
        person = find_person(session, known.id)
        here[row["id"]] = person.id if person else None
    found.ids["person"] = here


def _new_person(row: Row) -> Person:
    """Nobody becomes an owner by an archive: who is one may do anything."""
    return Person(
        name=(row["name"] or f"person-{row['id']}")[:LONGEST_NAME],
        role="labeller" if row["role"] == "owner" else row["role"],
        created_at=row["created_at"],
        consented_at=row["consented_at"],
        consent_version=row["consent_version"],
        origin=row["origin"],
    )


def _bring_runs(session: Session, archive: Archive, found: Found) -> None:
    """Past runs, without their models: by when they were made and their seed they are known again."""
    here = dict[int, int | None]()
    for row in archive.rows(layout.RUNS):
        same = Run.created_at == row["created_at"], Run.seed == row["seed"]
        run_id = session.scalar(select(Run.id).where(*same))
        here[row["id"]] = run_id if run_id is not None else _add_run(session, row, found)
    found.ids["run"] = here


def _add_run(session: Session, row: Row, found: Found) -> int:
    values = without_none(row, "id", "classes", "version_id", "manifest", "reason", "dropped_at", *RESULTS)
    here = Renumbered(found.ids["class"], found.ids["person"])
    values |= {here_as: here(row[name]) for name, here_as in RESULTS.items() if row[name] is not None}
    run = Run(**values, classes=[found.id("class", id) for id in row["classes"]])
    if row["status"] == "done":
        run.dropped_at, run.reason = row["dropped_at"] or now(), message(STAYED)
    session.add(run)
    session.flush()
    return run.id

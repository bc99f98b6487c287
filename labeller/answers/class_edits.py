"""Editing the classes. Faces and scores follow; every edit is an event that can be undone."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from db import classes, counters
from db.base import now
from db.models import Answer, Class, Event, Face, Person, Photo, Score
from labeller.answers.class_updates import update_faces, update_score_labels
from labeller.errors import BadAnswer, NotFound
from labeller.people.people import clean_name

EDITS = ("class_added", "class_renamed", "class_merged", "class_retired")
FEWEST = 2
"""Classes that must remain."""
LONGEST_NAME = 40


def get(session: Session, class_id: int) -> Class:
    """The class of that id, merged and retired ones too. Raises NotFound."""
    row = session.get(Class, class_id, populate_existing=True)
    if row is None:
        raise NotFound("no_such_class", "There is no such class.")
    return row


def after(session: Session, class_id: int, limit: int) -> list[Class]:
    """The classes with a larger id, by id, merged and retired ones too."""
    return list(session.scalars(select(Class).where(Class.id > class_id).order_by(Class.id).limit(limit)))


def add(session: Session, name: str, by: Person) -> Class:
    """Add a class; a retired one comes back with its answers. Raises BadAnswer for a bad or taken name."""
    rows = _rows(session)
    name = _clean(name)
    row = _same(rows, name)
    if row is not None and row.retired_at is not None:
        row.retired_at = None
        session.flush()
        update_faces(session, row)
    else:
        _require_free(rows, name)
        row = Class(name=name)
        session.add(row)
    session.flush()
    _add_event(session, by, "class_added", row, name=row.name)
    return row


def rename(session: Session, old: str, new: str, by: Person) -> None:
    """Rename a class in every answer, face and score; runs refer to it by its id. Raises BadAnswer."""
    rows = _rows(session)
    row, new = _active(session, rows, old), _clean(new)
    _require_free(rows, new, besides=row)
    _rename(session, row, new)
    _add_event(session, by, "class_renamed", row, name=old, to=new)


def merge(session: Session, name: str, into: str, by: Person) -> None:
    """Count the answers of one class as another's; the answers stay as they were given. Raises BadAnswer."""
    rows = _rows(session)
    row, target = _active(session, rows, name), _active(session, rows, into)
    if row is target:
        raise BadAnswer("same_class", "A class cannot be merged with itself.", "Choose another one.")
    _require_enough_classes(session)
    row.merged_into_id = target.id
    session.flush()
    update_faces(session, row)
    update_score_labels(session)
    _add_event(session, by, "class_merged", row, name=name, to=into)


def retire(session: Session, name: str, by: Person) -> None:
    """Stop counting a class's answers: its faces are to be answered again. Raises BadAnswer."""
    row = _active(session, _rows(session), name)
    _require_enough_classes(session)
    row.retired_at = now()
    session.flush()
    update_faces(session, row)
    _add_event(session, by, "class_retired", row, name=name)


def undo(session: Session, event_id: int, by: Person) -> None:
    """Undo an edit. Raises NotFound, and BadAnswer if a later edit or answer prevents it."""
    rows = {row.id: row for row in _rows(session).values()}
    event = session.get(Event, event_id)
    if event is None or event.kind not in EDITS or event.undone_at is not None:
        raise NotFound("no_such_edit", "There is no such change to take back.", "Reload the page.")
    row = rows[event.detail["class"]]
    _UNDO[event.kind](session, row, event.detail)
    event.undone_at = now()
    session.flush()
    session.add(Event(kind="class_edit_undone", person_id=by.id, detail={"event": event.id}))


def history(session: Session) -> list[tuple[Event, str | None]]:
    """The last edits with the name of who made them, newest first."""
    edits = select(Event, Person.name).outerjoin(Person, Person.id == Event.person_id)
    newest = (Event.id + 0).desc()  # in the order of its index, all events would be read: edits are rare
    return list(session.execute(edits.where(Event.kind.in_(EDITS)).order_by(newest).limit(50)).tuples())


def counts(session: Session) -> dict[str, int]:
    """The number of faces labelled with each class."""
    return counters.totals(session, "labels")


def _undo_add(session: Session, row: Class, _: dict[str, Any]) -> None:
    if session.scalar(select(exists().where(Answer.label == row.name))):
        hint = "Retire it instead, or merge it with another."
        raise BadAnswer("class_in_use", f"“{row.name}” has answers already.", hint)
    _require_enough_classes(session)
    row.retired_at = now()


def _undo_rename(session: Session, row: Class, detail: dict[str, Any]) -> None:
    _require_free(_rows(session), detail["name"], besides=row)
    _rename(session, row, detail["name"])


def _undo_merge(session: Session, row: Class, _: dict[str, Any]) -> None:
    row.merged_into_id = None
    session.flush()
    update_faces(session, row)
    update_score_labels(session)


def _undo_retire(session: Session, row: Class, _: dict[str, Any]) -> None:
    row.retired_at = None
    session.flush()
    update_faces(session, row)


_UNDO: dict[str, Callable[[Session, Class, dict[str, Any]], None]] = {
    "class_added": _undo_add,
    "class_renamed": _undo_rename,
    "class_merged": _undo_merge,
    "class_retired": _undo_retire,
}


def _rows(session: Session) -> dict[str, Class]:
    """Every class by its name. Until the commit nobody else answers or edits the classes."""
    classes.lock(session, to_edit=True)
    return {row.name: row for row in session.scalars(select(Class).order_by(Class.id))}


def _active(session: Session, rows: dict[str, Class], name: str) -> Class:
    names = classes.names(session)
    if name not in names:
        raise BadAnswer("unknown_class", f"There is no class “{name}”.", f"There are {', '.join(names)}.")
    return rows[name]


def _clean(name: str) -> str:
    name = clean_name(name)
    is_visible = bool(classes.comparable(name))
    if len(name) > LONGEST_NAME or "/" in name or "," in name or name.startswith(".") or not is_visible:
        hint = f"Up to {LONGEST_NAME} letters, without “/” and “,”: folders and settings are named so, too."
        raise BadAnswer("bad_class_name", "This does not do as the name of a class.", hint)
    return name


def _same(rows: dict[str, Class], name: str) -> Class | None:
    """The class whose name looks like this one."""
    looks = classes.comparable(name)
    return next((row for row in rows.values() if classes.comparable(row.name) == looks), None)


def _require_free(rows: dict[str, Class], name: str, besides: Class | None = None) -> None:
    row = _same(rows, name)
    if row is not None and (row is not besides or row.name == name):
        if row.merged_into_id:
            message = f"The class “{row.name}” is merged with another already."
        else:
            message = f"The class “{row.name}” is there already."
        hint = "Take back the merge under “What was changed”, or choose another name."
        raise BadAnswer("class_exists", message, hint)


def _require_enough_classes(session: Session) -> None:
    if len(classes.names(session)) <= FEWEST:
        hint = "Add another class first."
        raise BadAnswer("too_few_classes", f"There must be at least {FEWEST} classes.", hint)


def _add_event(session: Session, by: Person, kind: str, row: Class, **detail: str) -> None:
    session.flush()
    session.add(Event(kind=kind, person_id=by.id, detail={"class": row.id} | detail))


def _rename(session: Session, row: Class, new: str) -> None:
    old, row.name = row.name, new
    row.former = [name for name in [*row.former, old] if name != new]
    for table, column in (
        (Answer, "label"),
        (Face, "label"),
        (Score, "label"),
        (Photo, "folder_label"),
        (Photo, "conflicting_label"),
    ):
        named = getattr(table, column) == old
        session.execute(update(table).where(named).values({column: new}))
    session.flush()

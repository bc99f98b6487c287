"""The audit trail as people read it: filtered, a page at a time, and as a whole for export.

Names are looked up when an entry is read, and none is stored: somebody who was erased has no name here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db import classes
from db.i18n import N_
from db.models import Event, Person
from labeller.reports.audit_sentences import GROUPS, SENTENCES

FORMULA = re.compile(r"((?:^|[;\t\r\n])\s*)([=+\-@])")
"""Where a spreadsheet may begin a formula; some split cells at semicolons and tabs in spite of commas."""
PAGE_SIZE = 50
EXPORTED_AT_ONCE = 1000
ERASED = N_("somebody who was deleted")


@dataclass(frozen=True)
class Filter:
    """Entries of one person, of a group, and from the first to the last day (of UTC); None: all."""

    person_id: int | None = None
    group: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Entry:
    """`who` is None for the workbench itself, and "" for somebody who was erased or never named."""

    event: Event
    who: str | None
    values: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        """A text of the catalogue for `values`."""
        return SENTENCES.get(self.event.kind, self.event.kind.replace("_", " "))


def page(session: Session, chosen: Filter, before: int | None = None) -> tuple[list[Entry], int | None]:
    """Entries from the newest on, older than the entry `before`; and the `before` of the next page."""
    query = _query(chosen).order_by(Event.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        query = query.where(Event.id < before)
    events = list(session.scalars(query))
    more = events[PAGE_SIZE - 1].id if len(events) > PAGE_SIZE else None
    return _entries(session, events[:PAGE_SIZE]), more


def everything(session: Session, chosen: Filter) -> Iterator[Entry]:
    """All entries from the oldest on, read piece by piece, each in a transaction of its own."""
    after = 0
    while True:
        query = _query(chosen).where(Event.id > after).order_by(Event.id).limit(EXPORTED_AT_ONCE)
        events = list(session.scalars(query))
        entries = _entries(session, events)
        session.expunge_all()
        session.rollback()  # whoever reads slowly holds no connection
        yield from entries
        if len(events) < EXPORTED_AT_ONCE:
            return
        after = events[-1].id


def as_json(entry: Entry) -> str:
    """The entry on one line."""
    event = entry.event
    known = {"id": event.id, "at": event.at.isoformat(), "person_id": event.person_id, "person": entry.who}
    return json.dumps(known | {"kind": event.kind, "detail": event.detail}, ensure_ascii=False)


def as_row(entry: Entry) -> list[str]:
    """The cells of a spreadsheet: none is taken for a formula, nor any part, if it is split otherwise."""
    event = entry.event
    detail = json.dumps(event.detail, ensure_ascii=False)
    cells = (event.id, event.at.isoformat(), event.person_id or "", entry.who or "", event.kind, detail)
    return [FORMULA.sub(r"\1'\2", str(cell)) for cell in cells]


COLUMNS = ("id", "at", "person_id", "person", "kind", "detail")


def _query(chosen: Filter) -> Select[Event]:
    query = select(Event)
    if chosen.person_id is not None:
        query = query.where(Event.person_id == chosen.person_id)
    if chosen.group is not None:
        query = query.where(Event.kind.in_(tuple(GROUPS[chosen.group])))
    if chosen.first is not None:
        query = query.where(Event.at >= _midnight(chosen.first))
    if chosen.last is not None:
        query = query.where(Event.at < _midnight(chosen.last + timedelta(days=1)))
    return query


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _entries(session: Session, events: Sequence[Event]) -> list[Entry]:
    ids = {id for event in events for id in (event.person_id, *_people_in(event.detail)) if id is not None}
    names = _names(session, ids)
    called = classes.read(session).own_names
    entries = []
    for event in events:
        who = None if event.person_id is None else names.get(event.person_id, "")
        entries.append(Entry(event, who, _values(event, names, called)))
    return entries


def _people_in(detail: Mapping[str, Any]) -> list[int]:
    return [detail[key] for key in ("person", "into") if isinstance(detail.get(key), int)]


def _values(event: Event, names: Mapping[int, str], called: Mapping[int, str]) -> dict[str, Any]:
    """What stands in the sentence; people by their present names, "" for those who have none."""
    values = {key: value for key, value in event.detail.items() if isinstance(value, str | int)}
    values |= {key: names.get(event.detail[key], "") for key in ("person", "into") if key in event.detail}
    if event.person_id is not None:
        values.setdefault("person", names.get(event.person_id, ""))
    if isinstance(event.detail.get("photos"), list):
        values["photos"] = len(event.detail["photos"])
    if isinstance(event.detail.get("class"), int):
        values.setdefault("name", called.get(event.detail["class"], ""))
    return values


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    """The present names of people; that of a merged person is the name of whom they were merged into."""
    people: dict[int, Person] = {}
    wanted = ids
    while wanted:
        found = list(session.scalars(select(Person).where(Person.id.in_(wanted))))
        people |= {person.id: person for person in found}
        wanted = {one.merged_into_id for one in found if one.merged_into_id is not None} - set(people)
    names = {}
    for id in ids & set(people):
        person = people[id]
        while person.merged_into_id is not None:
            person = people[person.merged_into_id]
        names[id] = "" if person.erasing_at is not None else person.name
    return names

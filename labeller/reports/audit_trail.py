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

FORMULA = re.compile(r"((?:^|[;\t\r\n])\s*)([=+\-@])")
"""Where a spreadsheet may begin a formula; some split cells at semicolons and tabs in spite of commas."""
PAGE_SIZE = 50
EXPORTED_AT_ONCE = 1000
GROUPS: Mapping[str, Mapping[str, str]] = {
    "access": {
        "invited": N_("made an invitation link"),
        "invitation_used": N_("used an invitation link"),
        "invite_revoked": N_("revoked an invitation link"),
        "signed_in": N_("signed in"),
        "signed_out": N_("signed out"),
        "session_ended": N_("ended a session of %(person)s"),
        "sessions_ended": N_("signed %(person)s out everywhere"),
        "link_replaced": N_("replaced the personal link of %(person)s"),
        "token_issued": N_("made a token for %(person)s"),
        "token_revoked": N_("revoked a token of %(person)s"),
        "passkey_added": N_("added a passkey"),
        "passkey_removed": N_("removed a passkey"),
    },
    "people": {
        "consented": N_("agreed to the text of %(version)s"),
        "renamed": N_("renamed %(person)s"),
        "merged": N_("merged somebody into %(into)s"),
        "person_erased": N_("deleted a person with everything of theirs"),
    },
    "photos": {
        "photos_erased": N_("deleted photos (%(photos)s)"),
        "photos_restored": N_("took back the deletion of photos"),
        "photo_turned": N_("turned photo %(photo)s"),
        "photo_completed": N_("marked photo %(photo)s as complete"),
        "photo_reopened": N_("marked photo %(photo)s as not complete"),
        "photos_retried": N_("had %(count)s failed photos looked at again"),
        "detect_again": N_("had old photos looked at again"),
        "thresholds": N_("changed which boxes are shown"),
    },
    "imports": {
        "import_requested": N_("asked for import %(import)s"),
        "import_cancelled": N_("stopped import %(import)s"),
        "import_done": N_("made import %(import)s"),
        "import_failed": N_("could not make import %(import)s"),
        "dataset_read": N_("imported photos and labels from files of the server"),
    },
    "labels": {
        "class_added": N_("added the class %(name)s"),
        "class_renamed": N_("renamed the class %(name)s to %(to)s"),
        "class_merged": N_("merged the class %(name)s into %(to)s"),
        "class_retired": N_("retired the class %(name)s"),
        "class_edit_undone": N_("took back a change of the classes"),
        "gold_chosen": N_("chose check faces"),
        "faces_chosen": N_("sent faces to review"),
        "faces_assigned": N_("assigned %(count)s faces to %(person)s"),
        "assignment_withdrawn": N_("took back faces assigned to %(person)s"),
        "tag_deleted": N_("deleted a tag"),
        "filter_deleted": N_("deleted a saved filter"),
        "version_made": N_("made version %(version)s of the data"),
        "version_deleted": N_("deleted version %(version)s of the data"),
    },
    "training": {
        "run_requested": N_("asked for run %(run)s"),
        "run_cancelled": N_("stopped run %(run)s"),
        "promoted": N_("made run %(run)s live"),
        "selected": N_("chose faces for review"),
        "training_rule": N_("changed when training starts by itself"),
        "trying_allowed": N_("let friends try models"),
        "trying_forbidden": N_("no longer lets friends try models"),
        "model_pinned": N_("pinned the model of run %(run)s"),
        "model_unpinned": N_("no longer pins the model of run %(run)s"),
        "models_dropped": N_("dropped the model files of older runs"),
    },
    "downloads": {
        "person_downloaded": N_("downloaded everything about %(person)s"),
        "model_downloaded": N_("downloaded the model of run %(run)s"),
        "backup_downloaded": N_("downloaded backup %(backup)s"),
        "audit_exported": N_("exported the audit trail"),
        "export_requested": N_("asked for export %(export)s"),
        "export_made": N_("made export %(export)s"),
        "export_failed": N_("could not make export %(export)s"),
        "export_cancelled": N_("stopped export %(export)s"),
        "export_deleted": N_("deleted export %(export)s"),
        "export_downloaded": N_("downloaded export %(export)s"),
        "export_written": N_("wrote photos and labels to files of the server"),
    },
    "webhooks": {
        "webhook_added": N_("added webhook %(webhook)s"),
        "webhook_changed": N_("changed webhook %(webhook)s"),
        "webhook_secret": N_("gave webhook %(webhook)s a new secret"),
        "webhook_deleted": N_("deleted webhook %(webhook)s"),
        "webhook_sent_again": N_("sent an event of webhook %(webhook)s again"),
        "webhook_failing": N_("gave up on webhook %(webhook)s after a day"),
        "webhook_gone": N_("ended webhook %(webhook)s, as its receiver asked"),
    },
    "backups": {
        "backup_requested": N_("asked for backup %(backup)s"),
        "backup_cancelled": N_("stopped backup %(backup)s"),
        "backup_deleted": N_("deleted backup %(backup)s"),
        "backup_made": N_("made a backup"),
        "backup_failed": N_("could not make backup %(backup)s"),
        "backup_schedule": N_("changed the schedule of backups"),
    },
}
"""What each kind of entry says, by group; in it stand values of its detail, people and classes by name."""
SENTENCES = {kind: text for group in GROUPS.values() for kind, text in group.items()}
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

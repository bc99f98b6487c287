"""Saved filters: named filters of the gallery, kept by ids and evaluated anew each time."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import audit, classes
from db.errors import BadInput
from db.models import Person, SavedFilter
from labeller.datasets import names
from labeller.datasets.sources import VIEWS, Selection
from labeller.datasets.tags import get_tag
from labeller.errors import unknown_class
from labeller.people import people
from labeller.reports import gallery


def all_filters(session: Session) -> list[SavedFilter]:
    """Every saved filter by name."""
    return list(session.scalars(select(SavedFilter).order_by(func.lower(SavedFilter.name), SavedFilter.id)))


def filters_after(session: Session, cursor: int, limit: int) -> list[SavedFilter]:
    """Saved filters by id, those above `cursor`."""
    return list(session.scalars(names.after(SavedFilter, cursor, limit)))


def get_filter(session: Session, filter_id: int) -> SavedFilter:
    """The saved filter. Raises NotFound."""
    return names.get(session, SavedFilter, filter_id)


def named(session: Session, reference: int | str) -> SavedFilter:
    """The saved filter that is called so, or of this id. Raises NotFound."""
    return names.named(session, SavedFilter, reference)


def save(session: Session, name: str, selection: Selection) -> SavedFilter:
    """Save it under a name. Raises BadInput, NotFound, and Conflict if the name is taken."""
    line, key = names.clean(name)
    names.require_new(session, SavedFilter, key)
    chosen = selection.filter
    gallery.check(chosen)
    if selection.view not in VIEWS:
        raise BadInput("bad_view", "A filter shows faces or photos.")
    saved = SavedFilter(name=line, key=key, view=selection.view, state=chosen.state, look=chosen.look)
    saved.since, saved.until = chosen.since, chosen.until
    saved.person_id = None if chosen.person is None else people.get_person(session, chosen.person).id
    saved.tag_id = None if chosen.tag is None else get_tag(session, chosen.tag).id
    saved.class_id = None if chosen.label is None else _class_id(session, chosen.label)
    session.add(saved)
    session.flush()
    return saved


def delete_filter(session: Session, saved: SavedFilter, by: Person) -> None:
    audit.note(session, "filter_deleted", by, filter=saved.id)
    session.delete(saved)
    session.flush()


def read(session: Session, saved: SavedFilter, *, whole_photos: bool = False) -> Selection:
    """What it chooses now: a class under its present name, that of a merged class as the one it became."""
    label = None if saved.class_id is None else classes.read(session).shown_as[saved.class_id]
    chosen = gallery.Filter(
        person=saved.person_id,
        state=saved.state,
        label=label,
        look=saved.look,
        since=saved.since,
        until=saved.until,
        tag=saved.tag_id,
    )
    return Selection(saved.view, chosen, whole_photos)


def _class_id(session: Session, label: str) -> int:
    current = classes.read(session)
    found = current.find(label)
    if found is None:
        raise unknown_class(label, current.names)
    return current.ids[current.resolve(found) or found]

"""Finding a person that somebody names. A display name is no identity: several people may share one."""

import re

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.models import Person
from db.texts import one_line
from labeller.errors import AmbiguousPerson, Candidate, NotFound
from labeller.people.people import clean_name, new_person

_LONGEST_ID = 9
"""Digits; the columns hold 32 bits."""
_REFERENCE = re.compile(r"(?:(?P<name>.*?)\s*#)?(?P<id>[0-9]+)", re.DOTALL)
"""An id: `12`, `#12`, or with the name as the pages suggest it: `Anna #12`."""


def named(session: Session, reference: str, role: str | None = None) -> Person | None:
    """The only person, of this role if one is given, whom an id or a name means; None if nobody is called so.

    Raises AmbiguousPerson if several are meant, NotFound for an unknown id, and BadAnswer without a name.
    """
    line, reference = one_line(reference, len(reference)), clean_name(reference)
    active = Person.merged_into_id.is_(None), Person.erasing_at.is_(None)
    of_role = () if role is None else (Person.role == role,)
    query = select(Person).where(*active, *of_role).order_by(Person.id)
    meant = _REFERENCE.fullmatch(line)  # before it is cut: an id follows the longest name
    person_id = int(meant["id"]) if meant and len(meant["id"]) <= _LONGEST_ID else -1
    # Digits alone may also be somebody's name; with a # they are an id.
    may_be_name = meant is None or meant["name"] is None
    is_meant = (
        or_(Person.id == person_id, Person.name == reference) if may_be_name else Person.id == person_id
    )
    people = session.scalars(query.where(is_meant)).all()
    if len(people) > 1:
        raise AmbiguousPerson(reference, [_candidate(person) for person in people])
    if meant is not None and (not people or meant["name"] not in (None, "", people[0].name)):
        raise NotFound("no_such_person", f"There is no person “{reference}”.", "Look under People.")
    return people[0] if people else None


def named_or_new(session: Session, reference: str, role: str = "friend") -> Person:
    """The only person whom an id or a name means, in any role; a new one of `role` for an unknown name.

    Raises AmbiguousPerson, NotFound and BadAnswer as `named` does.
    """
    return named(session, reference) or new_person(session, reference, role)


def _candidate(person: Person) -> Candidate:
    return Candidate(person.id, person.name, person.role, person.created_at)

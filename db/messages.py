"""Sentences that are stored: a text of the catalogue and its values, with ids in place of names.

A name may change or be erased after the sentence was stored; it is looked up when the sentence is shown.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from db import classes
from db.i18n import N_
from db.models import Person

Message = dict[str, Any]
"""`text`, and `values` for its placeholders: plain ones, or a reference by one of the functions below."""
SOMEBODY = N_("somebody")


def message(text: str, **values: Any) -> Message:
    return {"text": text, "values": values}


def a_class(id: int) -> dict[str, Any]:
    """Shown as the name of the class."""
    return {"class": id}


def class_counts(counts: Mapping[int, int]) -> dict[str, Any]:
    """Shown as a list: "mask: 3, nomask: 4"."""
    return {"counts": [[id, count] for id, count in counts.items()]}


def a_person(person: Person | None) -> dict[str, Any]:
    """Shown as the person's name, or as "somebody" once that is erased."""
    return {"person": person.id if person else None}


def sentence(session: Session, stored: Message, translate: Callable[[str], str] = str) -> str:
    """The stored sentence in words, its text translated."""
    return translate(stored["text"]) % in_words(session, stored["values"], translate)


def in_words(
    session: Session, values: Mapping[str, Any], translate: Callable[[str], str] = str
) -> dict[str, Any]:
    """The values of a stored sentence, with names in place of ids."""
    return {name: _value(session, value, translate) for name, value in values.items()}


def _value(session: Session, value: Any, translate: Callable[[str], str]) -> Any:
    match value:
        case {"class": id}:
            return classes.read(session).own_names[id]
        case {"counts": counts}:
            names = classes.read(session).own_names
            return ", ".join(f"{names[id]}: {count}" for id, count in counts)
        case {"person": id}:
            return _name(session, id) or translate(SOMEBODY)
        case _:
            return value


def _name(session: Session, person_id: int | None) -> str | None:
    """The name of the person, or of the one they were merged into."""
    person = session.get(Person, person_id) if person_id is not None else None
    while person is not None and person.merged_into_id is not None:
        person = session.get(Person, person.merged_into_id)
    return person.name if person is not None else None

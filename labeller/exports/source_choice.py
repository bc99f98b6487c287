"""Which photos an export is of, as it is asked for and kept in its row.

All ({}), those that a filter chooses ({"filter": {...}}), that a saved one does now ({"saved": id}), or
those of a version ({"version": id}).
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import Selection
from labeller.errors import BadExport, NotFound
from labeller.exports.frozen import Frozen
from labeller.exports.sources import Chosen, Source
from labeller.people import find
from labeller.reports.gallery import Filter

FIELDS = tuple(field.name for field in fields(Filter))
DAYS = ("since", "until")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


def read(session: Session, choice: Mapping[str, Any]) -> Source:
    """The source of a row's `source`. Raises BadExport, NotFound, and what reading a filter raises."""
    if (saved := choice.get("saved")) is not None:
        return Chosen(saved_filters.read(session, saved_filters.get_filter(session, saved)))
    if (version := choice.get("version")) is not None:
        return Frozen(version)
    return Chosen(Selection("faces", read_filter(session, choice.get("filter") or {})))


def read_filter(session: Session, wanted: Mapping[str, Any]) -> Filter:
    """A filter of the gallery from JSON; `person` and `tag` are an id or a name, days are as in 2026-11-24.

    Raises BadExport for what is no filter, AmbiguousPerson, and NotFound.
    """
    unknown = sorted(set(wanted) - set(FIELDS))
    if unknown:
        hint = f"Use {', '.join(FIELDS)}."
        raise BadExport("bad_filter", f"There is no filter “{unknown[0]}”.", hint)
    values = {name: value for name, value in wanted.items() if value not in (None, "")}
    if "person" in values:
        values["person"] = _person_id(session, values["person"])
    if "tag" in values:
        values["tag"] = tags.named(session, values["tag"]).id
    for name in DAYS:
        if name in values:
            values[name] = _day(str(values[name]))
    return Filter(**values)


def normalised(session: Session, choice: Mapping[str, Any]) -> dict[str, Any]:
    """The choice as a row keeps it: people by id, nothing that does not filter. Raises what `read` raises."""
    chosen = read_filter(session, choice.get("filter") or {})
    values = {name: value for name, value in asdict(chosen).items() if value is not None}
    values |= {name: values[name].isoformat() for name in DAYS if name in values}
    given = [name for name in ("saved", "version") if choice.get(name) is not None]
    if len(given) + bool(values) > 1:
        hint = "Name a filter, a saved one or a version."
        raise BadExport("two_sources", "That names photos in two ways.", hint)
    if given == ["saved"]:
        return {"saved": saved_filters.named(session, choice["saved"]).id}
    if given == ["version"]:
        return {"version": versions.named(session, choice["version"]).id}
    return {"filter": values} if values else {}


def _person_id(session: Session, wanted: int | str) -> int:
    person = find.named(session, f"#{wanted}" if isinstance(wanted, int) else wanted)
    if person is None:
        raise NotFound("no_such_person", f"There is no person “{wanted}”.", "Look under People.")
    return person.id


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise BadExport("bad_filter", f"“{text[:40]}” is no day.", "Write it as 2026-11-24.")
    return day

"""Numbers, dates and JSON as requests may send them: one rule for what is out of bounds."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from pydantic import AfterValidator, AwareDatetime, Field
from werkzeug.routing import IntegerConverter, Map

from db.errors import BadInput
from web.file_limits import file_limit
from web.i18n import _

MAX_ID = 2**31 - 1
"""The largest integer of a column on PostgreSQL: no id and no number that is stored is larger."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
"""The id of a row in a query or in JSON."""


def _in_utc(moment: datetime) -> datetime:
    if not FIRST_DAY <= moment.date() <= LAST_DAY:
        raise ValueError(f"the year must be from {FIRST_DAY.year} to {LAST_DAY.year}")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone in JSON, in UTC afterwards."""


class IdConverter(IntegerConverter):
    """`<int:photo_id>` in a route: an id; any other number is no address. `<int(min=0):part>` starts at 0."""

    regex = "[0-9]{1,10}"

    def __init__(self, map: Map, min: int = 1, max: int = MAX_ID) -> None:
        super().__init__(map, min=min, max=max)


class StrictJson(DefaultJSONProvider):
    """Reads JSON of a reasonable depth, without the NaN and Infinity that Python accepts."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **{"parse_constant": _refuse_constant} | kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def init_app(app: Flask) -> None:
    """Before the first route is added."""
    app.url_map.converters["int"] = IdConverter
    app.json = StrictJson(app)
    app.before_request(_take_large_files)


def _take_large_files() -> None:
    """Before anything reads the request's form."""
    request.max_content_length = (file_limit(request.endpoint) + 1) << 20


def number(values: Mapping[str, str], name: str, default: int) -> int:
    """The number of a query or form; `default` if the field is missing or empty. Raises BadInput."""
    chosen = optional_number(values, name)
    return default if chosen is None else chosen


def optional_number(values: Mapping[str, str], name: str) -> int | None:
    """The number of a query or form; None if the field is missing or empty. Raises BadInput."""
    text = values.get(name, "").strip()
    return as_number(text, name) if text else None


def as_number(text: str, name: str) -> int:
    """The text as a whole number that fits a column. Raises BadInput."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) <= MAX_ID):
        raise BadInput("bad_number", _("This is no number."), _("Look at the field “%(name)s”.", name=name))
    return int(text)


def numbers(values: Any, name: str) -> list[int]:
    """The numbers of all fields of that name. Raises BadInput."""
    return [as_number(text, name) for text in values.getlist(name)]


def day(values: Mapping[str, str], name: str) -> date | None:
    """The day of a query or form; None if the field is missing or empty. Raises BadInput."""
    text = values.get(name, "").strip()
    if not text:
        return None
    try:
        chosen = date.fromisoformat(text)
    except ValueError as error:
        raise _bad_date() from error
    if not FIRST_DAY <= chosen <= LAST_DAY:
        raise _bad_date()
    return chosen


def _bad_date() -> BadInput:
    return BadInput("bad_date", _("This is no date."), _("Write it as 2026-11-23."))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")

"""Refusing, before a view runs, what no view wants in a text, a number or the shape of JSON."""

from collections.abc import Iterator
from typing import Any

from flask import abort, request

from db.errors import BadInput
from db.texts import UNSEEN, require_plain

DEEPEST = 20
"""Levels of JSON. Ours has five."""
LARGEST = 2**63
"""No number of ours is larger. Python's own have no end, and those of the database do."""


def check() -> None:
    """Before each request. Raises BadInput; an address with such characters does not exist."""
    if any(isinstance(value, str) and UNSEEN.search(value) for value in (request.view_args or {}).values()):
        abort(404)
    for values in (request.args, request.form):
        for name in values:
            for text in (name or "", *values.getlist(name)):  # a part of a form may lack its name
                require_plain(text)
    if request.is_json:
        for value in _flat(request.get_json(silent=True)):
            _require_ordinary(value)


def _require_ordinary(value: Any) -> None:
    if isinstance(value, str):
        require_plain(value)
    elif isinstance(value, int | float) and not abs(value) < LARGEST:  # NaN is not less either
        raise BadInput("bad_number", "This number is too large.", f"Send less than {LARGEST}.")


def _flat(value: Any) -> Iterator[Any]:
    """The keys and values of JSON at every level, without recursion. Raises BadInput below DEEPEST."""
    level = [value]
    for _ in range(DEEPEST):
        yield from level
        objects = [part for part in level if isinstance(part, dict)]
        level = [part for one in level if isinstance(one, list) for part in one]
        level += [part for one in objects for pair in one.items() for part in pair]
        if not level:
            return
    raise BadInput("too_deep", "This JSON is nested too deeply.", f"Send at most {DEEPEST} levels.")

"""Refusing control characters in whatever text a request sends."""

from collections.abc import Iterator
from typing import Any

from flask import request

from db.texts import require_plain


def check() -> None:
    """Before each request. Raises BadInput."""
    for values in (request.args, request.form):
        for name in values:
            for text in values.getlist(name):
                require_plain(text)
    if request.is_json:
        for text in _strings(request.get_json(silent=True)):
            require_plain(text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)

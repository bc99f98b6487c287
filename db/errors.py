"""Errors with a message for the person who caused them. `web` chooses the HTTP status by class."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """Base: a stable `code` for scripts, a `message` of what happened, a `hint` of what to do."""

    detail: Mapping[str, Any] = {}
    """What a page needs to go on, beside the words."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class BadInput(Refused):
    """What was sent cannot be used."""


class Forbidden(Refused):
    """It is not this person's to do."""


class NotFound(Refused):
    """There is no such thing, or it is gone."""


class Conflict(Refused):
    """It would have been fine, but something else came first."""


class TooLarge(BadInput):
    """More bytes or pixels than we take."""


class Unavailable(Refused):
    """A part of the workbench did not answer in time; nothing was lost."""

"""Errors with a message for the person who caused them. `web` chooses the HTTP status by class."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """Base class: `code` is stable for scripts, `message` says what happened, `hint` what to do."""

    detail: Mapping[str, Any] = {}
    """Further values that a page needs to continue."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class BadInput(Refused):
    """What was sent cannot be used."""


class Forbidden(Refused):
    """This person may not do it."""


class NotFound(Refused):
    """It does not exist, or no longer."""


class Conflict(Refused):
    """The request is valid, but the state has changed or does not allow it."""


class TooLarge(BadInput):
    """More bytes or pixels than are accepted."""


class TooMany(Refused):
    """Too much at once; the same is accepted later."""


class NoSpace(Refused):
    """The disk is full, or nearly so; nothing was stored, and nothing was lost."""


class Unavailable(Refused):
    """A part of the workbench did not answer in time; nothing was lost."""

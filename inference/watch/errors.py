"""Errors of watching: what cannot be read or written, in words."""

from db.errors import BadInput


class CannotRead(BadInput):
    """The source is missing, cannot be opened, or broke off."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("cannot_read", message, hint)


class CannotWrite(BadInput):
    """A recording or a crop cannot be written."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("cannot_write", message, hint)

"""The errors of this package."""

from db.errors import BadInput


class BadClip(BadInput):
    """The bytes are not a video that can be used."""

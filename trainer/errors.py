"""Errors of the trainer."""

from db.errors import BadInput, Conflict, NotFound


class BadRecipe(BadInput):
    """The recipe has an unknown field or a value out of range."""


class BadSchedule(BadInput):
    """The times at which to train are out of range."""


class NotEnoughLabels(Conflict):
    """There are too few labelled faces to train or simulate on."""


class RunEnded(Conflict):
    """The run has ended; it cannot be cancelled."""


class NoModel(Conflict):
    """The run has no model to promote."""


class UnreadablePicture(Exception):
    """A stored picture is damaged."""


class BackboneMissing(Exception):
    """The network's weights were not found; the message names the file or network."""


__all__ = [
    "BackboneMissing",
    "BadRecipe",
    "BadSchedule",
    "NoModel",
    "NotEnoughLabels",
    "NotFound",
    "RunEnded",
    "UnreadablePicture",
]

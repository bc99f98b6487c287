"""The ways this package says no."""

from db.errors import BadInput, Conflict, NotFound


class BadRecipe(BadInput):
    """The recipe has an unknown field or a value out of range."""


class BadRule(BadInput):
    """When to train makes no sense."""


class NotEnoughLabels(Conflict):
    """There is too little to train on yet."""


class RunOver(Conflict):
    """The run has ended; it cannot be cancelled."""


class NoModel(Conflict):
    """The run has no model to promote."""


class BackboneMissing(Exception):
    """No weights were found; the message says where they were looked for."""


__all__ = ["BackboneMissing", "BadRecipe", "BadRule", "NoModel", "NotEnoughLabels", "NotFound", "RunOver"]

"""What the person who imports says of a dataset, as it is sent and stored: names and plain values."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from db import classes
from db.classes import Classes
from labeller.errors import unknown_class
from labeller.formats.protocol import ReadOptions

KEYS = ("mapping", "voc_base", "normalised", "crops", "empty_is_looked_at")
"""Fields of `ReadOptions` that a person may set."""


def read_options(session: Session, given: Mapping[str, Any]) -> ReadOptions:
    """The options with today's classes; `given` has some of KEYS. Raises BadAnswer for an unknown class.

    Earlier names of a class, and those of classes that were merged into it, are names of it.
    """
    current = classes.read(session)
    mapping = _earlier_names(current) | {
        name: _found(target, current) for name, target in (given.get("mapping") or {}).items()
    }
    values = {key: given[key] for key in KEYS if key != "mapping" and given.get(key) is not None}
    return ReadOptions(classes=current.names, mapping=mapping, **values)


def _earlier_names(current: Classes) -> dict[str, str]:
    found = {name: current.resolve(label) for name, label in current.known.items()}
    return {name: label for name, label in found.items() if label is not None}


def _found(target: str, current: Classes) -> str:
    if (label := current.find(target)) is None:
        raise unknown_class(target, current.names)
    return current.resolve(label) or label

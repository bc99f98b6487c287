"""What is stored with ids, in words: sentences, and the metrics of runs with the names of their classes."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from db import classes
from db.messages import Message, sentence
from db.models import Run
from web.database import db
from web.i18n import _


def init_app(app: Flask) -> None:
    app.jinja_env.filters["words"] = lambda stored: words(db(), stored)
    app.jinja_env.globals["figures_of"] = lambda run: figures_of(db(), run)
    app.jinja_env.globals["classes_of"] = lambda run: classes_of(db(), run)


def words(session: Session, stored: Message | Sequence[Message] | None) -> str | None:
    """A stored sentence, or several one after the other, in the language of the request."""
    if stored is None:
        return None
    messages = [stored] if isinstance(stored, dict) else stored
    return " ".join(sentence(session, one, _) for one in messages)


def classes_of(session: Session, run: Run) -> list[str]:
    """The names of the run's classes; those of merged classes are their own."""
    names = classes.read(session).own_names
    return [names[id] for id in run.classes]


def figures_of(session: Session, run: Run) -> dict[str, Any] | None:
    """The run's metrics with the names of classes and the reasons in words."""
    if run.metrics is None:
        return None
    names = classes.read(session).own_names
    figures = dict(run.metrics)
    for part in ("locked", "cross_validated", "tried"):
        figures[f"{part}_reason"] = words(session, run.metrics.get(f"{part}_reason"))
        if of_part := run.metrics.get(part):
            keys = [key for key in ("per_class", "ranking") if key in of_part]
            figures[part] = of_part | {
                key: {names[int(id)]: value for id, value in of_part[key].items()} for key in keys
            }
            if "slices" in of_part:
                figures[part]["slices"] = [_with_class(one, names) for one in of_part["slices"]]
    figures["warnings"] = [words(session, one) for one in run.metrics.get("warnings", [])]
    return figures


def _with_class(of_slice: dict[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """The slice with the name of its class in place of the id."""
    if of_slice["by"] != "class_size":
        return of_slice
    id, size = of_slice["name"].split(" ", 1)
    return of_slice | {"name": f"{names[int(id)]}, {size}"}

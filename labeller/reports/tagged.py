"""Faces that have a tag, in a query that follows the tag's photos one after the other."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, or_
from sqlalchemy.orm import aliased

from db.models import Face, Tagging

Q = TypeVar("Q", bound=Select[Any])


def with_tag(query: Q, tag_id: int) -> Q:
    """Of the query for faces, those that have the tag themselves or on their photo, each once.

    It is joined with Tagging: order it by `Tagging.photo_id`, along its key.
    """
    of_photo = aliased(Tagging)
    photo_has_it = exists().where(
        of_photo.tag_id == tag_id, of_photo.photo_id == Tagging.photo_id, of_photo.part == 0
    )
    own = and_(Tagging.part == Face.id, ~photo_has_it)
    joined = query.join(Tagging, Tagging.photo_id == Face.photo_id)
    return joined.where(Tagging.tag_id == tag_id, or_(Tagging.part == 0, own))


def has_tag(tag_id: int) -> ColumnElement[bool]:
    """Whether a face has the tag itself or on its photo."""
    on = Tagging.photo_id == Face.photo_id, Tagging.part.in_((0, Face.id))
    return exists().where(Tagging.tag_id == tag_id, *on)

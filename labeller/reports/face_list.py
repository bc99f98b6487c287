"""Faces by id with their split, person and number of answers, page by page, for the API."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager

from db.models import SHOWN, STANDING, Answer, Face, Group, Person, Photo, Tagging
from labeller.people import find
from labeller.reports.tagged import with_tag


@dataclass(frozen=True)
class FaceQuery:
    """At most `limit` faces with an id above `cursor`; a filter of None matches every face."""

    cursor: int
    limit: int
    state: str | None = None
    label: str | None = None
    person: str | None = None
    """The id or the name of who is in the photo."""
    tag: int | None = None
    """The id of a tag that is on the face or on its photo."""


@dataclass(frozen=True)
class ListedFace:
    """`person` is the name of the person in the photo, `answers` the number of answers not undone."""

    face: Face
    split: str
    person: str | None
    answers: int


def faces_after(session: Session, wanted: FaceQuery) -> list[ListedFace]:
    """The matching faces after the cursor, by ascending id, with their photos loaded.

    Those of one person or with one tag come photo by photo.

    Raises AmbiguousPerson and NotFound for the person.
    """
    answers = select(func.count(Answer.id)).where(Answer.face_id == Face.id, STANDING)
    query = (
        select(Face, Group.split, Person.name, answers.scalar_subquery())
        .join(Face.photo)
        .join(Group, Group.id == Photo.group_id)
        .outerjoin(Person, Person.id == Photo.person_id)
        .where(SHOWN)
    )
    person_id = None
    if wanted.person is not None:
        if (person := find.named(session, wanted.person)) is None:
            return []
        person_id = person.id
    filters = ((Face.state, wanted.state), (Face.label, wanted.label), (Photo.person_id, person_id))
    for column, value in filters:
        if value is not None:
            query = query.where(column == value)
    if wanted.tag is not None:
        query = with_tag(query, wanted.tag)
    if person_id is None and wanted.tag is None:
        query = query.where(Face.id > wanted.cursor)
    else:  # photo by photo, along the index of the person's or the tag's photos
        by_photo = Photo.id if wanted.tag is None else Tagging.photo_id
        of_last = select(Face.photo_id).where(Face.id <= wanted.cursor).order_by(Face.id.desc()).limit(1)
        last = session.scalar(of_last) or 0
        query = query.where(by_photo >= last, or_(by_photo > last, Face.id > wanted.cursor))
        query = query.order_by(by_photo)
    query = query.order_by(Face.id).limit(wanted.limit).options(contains_eager(Face.photo))
    return [ListedFace(*row) for row in session.execute(query)]

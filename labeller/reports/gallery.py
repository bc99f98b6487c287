"""Browsing faces and photos: filtered, newest first, page by page."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, selectinload

from db import counters
from db.models import SHOWN, Answer, Face, Person, Photo, Score, Tagging
from db.workbench import live_run
from labeller.errors import BadAnswer
from labeller.queue.items import UNDECIDED
from labeller.reports import counts
from labeller.reports.tagged import has_tag, with_tag

PAGE = 60
STATES = ("proposed", "confirmed", "rejected")
LOOKS = ("doubtful", "unsure", "against", "disputed", "gold", "repeats")

T = TypeVar("T")
_WITH_FACES = (selectinload(Photo.faces), selectinload(Photo.person))


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next` is what to pass as `before` for the page after this one; None on the last."""

    items: list[T]
    next: int | None


@dataclass(frozen=True)
class Filter:
    """What to show; None does not filter. Days are UTC, both included.

    `look` is one of LOOKS: the detector doubts the face, the model is unsure, its guess is against the label,
    people disagree, gold faces, or near repeats.
    """

    person: int | None = None
    state: str | None = None
    label: str | None = None
    look: str | None = None
    since: date | None = None
    until: date | None = None
    tag: int | None = None
    """The id of a tag: on the face or its photo; of photos, on them or on one of their faces."""


def faces(session: Session, chosen: Filter, before: int | None = None, limit: int = PAGE) -> Page[Face]:
    """A page of faces with their photos, of one person or with one tag photo by photo.

    Raises BadAnswer for an unknown state or look.
    """
    query = matching_faces(session, chosen).options(contains_eager(Face.photo))
    if chosen.person is None and chosen.tag is None:
        return _page(session, query, Face.id, before, limit)
    by_photo = Photo.id if chosen.tag is None else Tagging.photo_id
    if before is not None:  # by the photo first: an index leads from page to page
        of_last = select(Face.photo_id).where(Face.id <= before).order_by(Face.id.desc()).limit(1)
        last = session.scalar(of_last) or 0
        query = query.where(by_photo <= last, or_(by_photo < last, Face.id < before))
    return _page(session, query.order_by(by_photo.desc()), Face.id, None, limit)


def matching_faces(session: Session, chosen: Filter) -> Select[Face]:
    """A query for all faces that match, each once, joined with their photos and in no order.

    Raises BadAnswer for an unknown state or look.
    """
    check(chosen)
    query = select(Face).join(Face.photo)
    query = query.where(SHOWN, *_about_photos(chosen), *_about_faces(session, chosen))
    return query if chosen.tag is None else with_tag(query, chosen.tag)


def photos(session: Session, chosen: Filter, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """A page of photos with their faces, by those fields of the filter that concern photos."""
    query = matching_photos(chosen)
    return _page(session, query.options(*_WITH_FACES), Photo.id, before, limit)


def matching_photos(chosen: Filter) -> Select[Photo]:
    """A query for all photos that match, in no order."""
    query = select(Photo).where(SHOWN, *_about_photos(chosen))
    if chosen.look == "repeats":
        query = query.where(Photo.repeat_id.is_not(None))
    if chosen.tag is not None:
        query = query.where(Photo.id.in_(select(Tagging.photo_id).where(Tagging.tag_id == chosen.tag)))
    return query


def photo_ids(session: Session, chosen: Filter) -> Select[int]:
    """The ids of the photos that the filter chooses: with a face that fits, if it says anything of faces.

    Raises BadAnswer for an unknown state or look.
    """
    check(chosen)
    query = select(Photo.id).where(SHOWN, *_about_photos(chosen))
    if chosen.look == "repeats":
        query = query.where(Photo.repeat_id.is_not(None))
        chosen = replace(chosen, look=None)
    about_faces = _about_faces(session, chosen)
    if chosen.tag is not None and not about_faces:
        return query.where(Photo.id.in_(select(Tagging.photo_id).where(Tagging.tag_id == chosen.tag)))
    if chosen.tag is not None:
        about_faces.append(has_tag(chosen.tag))
    return query.where(exists().where(Face.photo_id == Photo.id, *about_faces)) if about_faces else query


def photos_of(session: Session, person: Person, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """A page of the photos that show a friend, or that somebody of the team sent."""
    query = select(Photo).where(_sent(person), SHOWN)
    return _page(session, query.options(*_WITH_FACES), Photo.id, before, limit)


@dataclass(frozen=True)
class Sent:
    """How many photos somebody sent, how many of them wait for the detector, and the likely faces in them.

    `faces` are counted up to `counts.COUNTED`.
    """

    photos: int
    waiting: int
    faces: int


def sent_by(session: Session, person: Person) -> Sent:
    """What the person sent."""
    kind = "photos_of" if person.role == "friend" else "photos_by"
    found = counters.totals(session, kind, [f"{person.id}:{status}" for status in counts.STATUSES])
    statuses = {key.partition(":")[2]: count for key, count in found.items()}
    faces = counts.count_likely(session, select(Photo.id).where(_sent(person), SHOWN)) if statuses else 0
    waiting = statuses.get("queued", 0) + statuses.get("running", 0)
    return Sent(sum(statuses.values()), waiting, faces)


def repeats_of(session: Session, photo: Photo) -> list[Photo]:
    """The near repeats of a photo."""
    if photo.repeat_id is None:
        return []
    same = Photo.repeat_id == photo.repeat_id, Photo.id != photo.id, SHOWN
    return list(session.scalars(select(Photo).where(*same).order_by(Photo.id).limit(PAGE)))


@dataclass(frozen=True)
class Step:
    """One line of a photo's history."""

    at: datetime
    who: str | None
    face_id: int | None
    what: str
    undone: bool = False


def history(session: Session, photo: Photo) -> list[Step]:
    """Everything that happened to a photo and its faces, oldest first."""
    answers = select(Answer, Person.name).outerjoin(Person, Person.id == Answer.person_id)
    answers = (
        answers.join(Face, Face.id == Answer.face_id).where(Face.photo_id == photo.id).order_by(Answer.id)
    )
    sender = session.get(Person, photo.uploaded_by) if photo.uploaded_by else None
    steps = [Step(photo.created_at, sender.name if sender else None, None, "sent")]
    for answer, name in session.execute(answers):
        what = answer.label or {"reject": "not a face", "adjust": "moved the box"}.get(
            answer.kind, answer.kind
        )
        steps.append(Step(answer.created_at, name, answer.face_id, what, answer.undone_at is not None))
    return steps


def _sent(person: Person) -> ColumnElement[bool]:
    return Photo.person_id == person.id if person.role == "friend" else Photo.uploaded_by == person.id


def check(chosen: Filter) -> None:
    """Raises BadAnswer for an unknown state or look."""
    for value, valid in ((chosen.state, STATES), (chosen.look, LOOKS)):
        if value is not None and value not in valid:
            raise BadAnswer("bad_filter", f"There is no filter “{value}”.", f"Use one of {', '.join(valid)}.")


def _about_photos(chosen: Filter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if chosen.person is not None:
        where.append(Photo.person_id == chosen.person)
    if chosen.since is not None:
        where.append(Photo.created_at >= _midnight(chosen.since))
    if chosen.until is not None:
        where.append(Photo.created_at < _midnight(chosen.until + timedelta(days=1)))
    return where


def _about_faces(session: Session, chosen: Filter) -> list[ColumnElement[bool]]:
    columns = ((Face.state, chosen.state), (Face.label, chosen.label))
    where: list[ColumnElement[bool]] = [column == value for column, value in columns if value is not None]
    return where if chosen.look is None else [*where, _look(session, chosen.look)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _look(session: Session, look: str) -> ColumnElement[bool]:
    if look == "doubtful":
        return and_(Face.doubtful, Face.state == "proposed")
    if look == "disputed":
        return Face.disputed.is_(True)
    if look == "gold":
        return Face.gold.is_(True)
    if look == "repeats":
        return Photo.repeat_id.is_not(None)
    run = live_run(session)
    scored = Score.run_id == (run.id if run else 0), Score.face_id == Face.id
    fresh = Score.box_version == Face.box_version
    judged = Score.margin < UNDECIDED if look == "unsure" else Score.label != Face.label
    return exists().where(*scored, fresh, judged)


def _page(
    session: Session, query: Select[T], key: InstrumentedAttribute[int], before: int | None, limit: int
) -> Page[T]:
    """Keyset paging: the last page costs what the first costs."""
    if before is not None:
        query = query.where(key < before)
    rows = list(session.scalars(query.order_by(key.desc()).limit(limit + 1)).unique())
    has_more = len(rows) > limit
    return Page(rows[:limit], getattr(rows[limit - 1], key.key) if has_more else None)

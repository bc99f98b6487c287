"""Looking through everything there is: faces and photos, filtered, newest first, page by page."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, selectinload

from db.models import SHOWN, Answer, Face, Person, Photo, Score
from db.workbench import live_run
from labeller.errors import BadAnswer
from labeller.queue.queue import UNDECIDED

PAGE = 60
STATES = ("proposed", "confirmed", "rejected")
LOOKS = ("doubtful", "unsure", "against", "disputed", "gold", "repeats")

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next` is what to pass as `before` for the page after this one; None on the last."""

    items: list[T]
    next: int | None


@dataclass(frozen=True)
class Filter:
    """What to look for; None leaves a question open. Days are UTC, both included.

    `look`: doubtful to the detector, the model unsure, the model against the label, disputed between
    people, or near repeats.
    """

    person: int | None = None
    state: str | None = None
    label: str | None = None
    look: str | None = None
    since: date | None = None
    until: date | None = None


def faces(session: Session, given: Filter, before: int | None = None, limit: int = PAGE) -> Page[Face]:
    """A page of faces with their photos. Raises BadAnswer for an unknown state or look."""
    _check(given)
    query = select(Face).join(Face.photo).options(contains_eager(Face.photo))
    query = query.where(SHOWN, *_about_photos(given))
    for column, value in ((Face.state, given.state), (Face.label, given.label)):
        if value is not None:
            query = query.where(column == value)
    if given.look is not None:
        query = query.where(_look(session, given.look))
    return _page(session, query, Face.id, before, limit)


def photos(session: Session, given: Filter, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """A page of photos with their faces; of the filter, what concerns photos."""
    query = select(Photo).where(SHOWN, *_about_photos(given))
    if given.look == "repeats":
        query = query.where(Photo.repeat_id.is_not(None))
    return _page(session, query.options(selectinload(Photo.faces)), Photo.id, before, limit)


def photos_of(session: Session, person: Person, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """What a friend sent, or somebody of the team."""
    query = select(Photo).where(_sent(person), SHOWN)
    return _page(session, query.options(selectinload(Photo.faces)), Photo.id, before, limit)


@dataclass(frozen=True)
class Sent:
    """How many photos somebody sent, how many of them wait for the detector, and the faces found."""

    photos: int
    waiting: int
    faces: int


def sent_by(session: Session, person: Person) -> Sent:
    mine = _sent(person), SHOWN
    statuses = dict(
        session.execute(select(Photo.status, func.count()).where(*mine).group_by(Photo.status)).tuples().all()
    )
    likely = Face.doubtful.is_(False), Face.state != "rejected"
    found = session.scalar(select(func.count(Face.id)).join(Photo).where(*mine, *likely))
    waiting = statuses.get("queued", 0) + statuses.get("running", 0)
    return Sent(sum(statuses.values()), waiting, found or 0)


def repeats_of(session: Session, photo: Photo) -> list[Photo]:
    """The other photos that show nearly the same."""
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
    given = select(Answer, Person.name).outerjoin(Person, Person.id == Answer.person_id)
    given = given.join(Face, Face.id == Answer.face_id).where(Face.photo_id == photo.id).order_by(Answer.id)
    sender = session.get(Person, photo.uploaded_by) if photo.uploaded_by else None
    steps = [Step(photo.created_at, sender.name if sender else None, None, "sent")]
    for answer, name in session.execute(given):
        what = answer.label or {"reject": "not a face", "adjust": "moved the box"}.get(
            answer.kind, answer.kind
        )
        steps.append(Step(answer.created_at, name, answer.face_id, what, answer.undone_at is not None))
    return steps


def _sent(person: Person) -> ColumnElement[bool]:
    return Photo.person_id == person.id if person.role == "friend" else Photo.uploaded_by == person.id


def _check(given: Filter) -> None:
    for value, known in ((given.state, STATES), (given.look, LOOKS)):
        if value is not None and value not in known:
            raise BadAnswer("bad_filter", f"There is no filter “{value}”.", f"Use one of {', '.join(known)}.")


def _about_photos(given: Filter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if given.person is not None:
        where.append(Photo.person_id == given.person)
    if given.since is not None:
        where.append(Photo.created_at >= _midnight(given.since))
    if given.until is not None:
        where.append(Photo.created_at < _midnight(given.until + timedelta(days=1)))
    return where


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
    found = list(session.scalars(query.order_by(key.desc()).limit(limit + 1)).unique())
    more = len(found) > limit
    return Page(found[:limit], getattr(found[limit - 1], key.key) if more else None)

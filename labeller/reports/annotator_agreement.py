"""How far people agree on faces that they answered blindly, and how quick and accurate each of them is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnClause, func, literal_column, select, update
from sqlalchemy.orm import Session, contains_eager, defer, load_only

from db import classes, counters
from db.confidence_intervals import Interval, share
from db.counters import COUNTED
from db.face_rows import covers_ids
from db.models import SHOWN, STANDING, Answer, Event, Face, Person, Photo
from labeller.answers.aggregate import opinion
from labeller.answers.client_keys import comes_from_import, is_imported

MEASURED = 400
"""Faces with several answers on which agreement is measured, and answers of records; the newest."""
ONE: ColumnClause[int] = literal_column("1")
"""A literal and not a parameter: otherwise SQLite does not use the index of such faces."""
Ratings = NDArray[np.int64]
Opinion = tuple[str, str | None]


@dataclass(frozen=True)
class GivenOpinion:
    """A person's standing opinion of a face: (`label`, class), (`reject`, None) or (`unsure`, None)."""

    person: Person | None
    opinion: Opinion
    seconds: float | None
    informed: bool
    imported: bool = False


@dataclass(frozen=True)
class Agreement:
    """Agreement on the faces that two people answered blindly.

    `kappa` is None where chance alone would agree on every face.
    """

    faces: int
    people: int
    raw: Interval
    kappa: Interval | None
    name: str


@dataclass(frozen=True)
class AnnotatorRecord:
    """A person's answers, median seconds for one, and the share that is right on settled faces."""

    person: Person
    answers: int
    seconds: float | None
    right: Interval | None


def count_disputed(session: Session) -> int:
    """The number of faces on which people disagree, counted up to COUNTED."""
    disputed = select(Face.id).where(Face.disputed).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(disputed)) or 0


def disputed_faces(
    session: Session, limit: int = 20, after: int = 0
) -> list[tuple[Face, list[GivenOpinion]]]:
    """Faces on which people, or what was imported, disagree; everybody's latest opinion.

    They come by id, and have a larger one than `after`.
    """
    query = select(Face).join(Face.photo).where(Face.disputed, SHOWN).options(contains_eager(Face.photo))
    query = query.where(Face.id > after)
    faces = list(session.scalars(query.order_by(Face.id).limit(limit)))
    opinions = _opinions(session, [face.id for face in faces])
    return [(face, list({one.person: one for one in opinions.get(face, [])}.values())) for face in faces]


def mark_gold(session: Session, face_ids: Sequence[int], by: Person) -> int:
    """Mark as gold those of the faces that are answered and undisputed; returns how many."""
    settled = Face.id.in_(face_ids), Face.decided_at.is_not(None), Face.disputed.is_(False)
    gold = list(session.scalars(update(Face).where(*settled).values(gold=True).returning(Face.id)))
    session.add(Event(kind="gold_chosen", person_id=by.id, detail={"faces": gold}))
    return len(gold)


def measure(session: Session) -> tuple[Agreement | None, list[AnnotatorRecord]]:
    """Agreement (None: no face has two blind answers), and everybody's record by person id.

    Agreement is that on the newest MEASURED faces with several answers, and a record is of what the person
    said of the faces of the newest MEASURED answers.
    """
    several = select(Face.id).where(Face.opinions > ONE).order_by(Face.id.desc()).limit(MEASURED)
    answered = select(Answer.face_id).where(STANDING, ~is_imported())
    recent = session.scalars(answered.order_by(Answer.id.desc()).limit(MEASURED)).all()
    agreement = _agreement(_opinions(session, session.scalars(several).all(), with_imports=False))
    records = _records(_opinions(session, sorted(set(recent)), with_imports=False))
    totals = counters.totals(session, "answers_of", [str(record.person.id) for record in records])
    return agreement, [replace(one, answers=totals.get(str(one.person.id), 0)) for one in records]


def cohen_chance(ratings: Ratings) -> float:
    """Agreement by chance for Cohen's kappa (1960). Ratings (n, 2): class numbers, a column a rater."""
    n_classes = int(ratings.max()) + 1
    first, second = (np.bincount(column, minlength=n_classes) / len(ratings) for column in ratings.T)
    return float((first * second).sum())


def fleiss_chance(ratings: Ratings) -> float:
    """Agreement by chance for Fleiss' kappa (1971), for two ratings (n, 2) of each face by any raters."""
    shares = np.bincount(ratings.ravel()) / ratings.size
    return float((shares**2).sum())


def kappa(agreement: Interval, chance: float) -> Interval | None:
    """Agreement beyond chance, its interval that of the agreement; None if chance alone agrees always."""
    if chance >= 1:
        return None
    ends = {key: (agreement[key] - chance) / (1 - chance) for key in ("value", "low", "high")}
    return ends | {"n": agreement["n"]}


def _opinions(
    session: Session, face_ids: Sequence[int], *, with_imports: bool = True
) -> dict[Face, list[GivenOpinion]]:
    """Opinions of each of the faces, oldest first, `with_imports` with the labels of import folders."""
    query = select(Face).join(Face.photo).where(SHOWN, covers_ids(Face.id, face_ids))
    photo = contains_eager(Face.photo)
    if not with_imports:  # for figures, not for a page of the faces
        columns = load_only(Face.label, Face.disputed, Face.gold)
        query = query.options(columns, photo.load_only(Photo.group_id))
    faces = {face.id: face for face in session.scalars(query.options(photo))}
    given = select(Answer).where(STANDING, covers_ids(Answer.face_id, face_ids)).order_by(Answer.id)
    given = given.options(defer(Answer.box), defer(Answer.created_at), defer(Answer.undone_at))
    answers = session.scalars(given if with_imports else given.where(~is_imported())).all()
    by = {answer.person_id for answer in answers}
    people = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(by)))}
    wanted, current, opinions = set(face_ids), classes.read(session), defaultdict(list)
    for answer in answers:
        if answer.face_id in wanted and answer.face_id in faces and (value := opinion(answer, current)):
            person = people.get(answer.person_id or 0)
            opinions[faces[answer.face_id]].append(
                GivenOpinion(person, value, answer.seconds, answer.informed, comes_from_import(answer))
            )
    return dict(opinions)


def _agreement(faces: dict[Face, list[GivenOpinion]]) -> Agreement | None:
    """Agreement between the first two people's blind answers to each face."""
    pairs, groups = [], []
    for face, opinions in faces.items():
        blind = {one.person.id: one for one in opinions if one.person and not one.informed}
        if len(blind) > 1:
            pairs.append(sorted(list(blind.items())[:2]))
            groups.append(face.photo.group_id)
    values = sorted({one.opinion for pair in pairs for _, one in pair}, key=str)
    ratings = np.array([[values.index(one.opinion) for _, one in pair] for pair in pairs], np.int64)
    ratings = ratings.reshape(-1, 2)
    if (raw := share(ratings[:, 0] == ratings[:, 1], groups)) is None:
        return None
    same_raters = len({tuple(person for person, _ in pair) for pair in pairs}) == 1
    chance = cohen_chance(ratings) if same_raters else fleiss_chance(ratings)
    return Agreement(
        faces=len(pairs),
        people=len({person for pair in pairs for person, _ in pair}),
        raw=raw,
        kappa=kappa(raw, chance),
        name="Cohen" if same_raters else "Fleiss",
    )


def _records(opinions: dict[Face, list[GivenOpinion]]) -> list[AnnotatorRecord]:
    by_person: dict[Person, list[tuple[Face, GivenOpinion, bool]]] = defaultdict(list)
    for face, of_face in opinions.items():
        is_settled = _is_settled(face, of_face)
        for one in of_face:
            if one.person is not None:
                by_person[one.person].append((face, one, is_settled))
    return [_record(person, by_person[person]) for person in sorted(by_person, key=lambda one: one.id)]


def _is_settled(face: Face, opinions: Sequence[GivenOpinion]) -> bool:
    """Whether the face is undisputed and gold, decided by an informed answer, or answered by two people."""
    return not face.disputed and (
        face.gold or any(one.informed for one in opinions) or len({one.person for one in opinions}) > 1
    )


def _record(person: Person, opinions: Sequence[tuple[Face, GivenOpinion, bool]]) -> AnnotatorRecord:
    """The record of a person. Informed opinions and "unsure" count as neither right nor wrong."""
    seconds = [one.seconds for _, one, _ in opinions if one.seconds is not None]
    judged = [
        (one.opinion == (("label", face.label) if face.label else ("reject", None)), face.photo.group_id)
        for face, one, is_settled in opinions
        if is_settled and not one.informed and one.opinion[0] != "unsure"
    ]
    right = share([correct for correct, _ in judged], [group for _, group in judged])
    return AnnotatorRecord(person, len(opinions), median(seconds) if seconds else None, right)

"""How far people agree where they answered without knowing of each other, and who is how quick and right."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, contains_eager

from db import classes
from db.confidence_intervals import Interval, wilson
from db.models import SHOWN, STANDING, Answer, Event, Face, Person, Photo
from labeller.answers.aggregate import opinion

RESAMPLES = 1000
SEED = 1
Ratings = NDArray[np.int64]
Opinion = tuple[str, str | None]


@dataclass(frozen=True)
class Said:
    """One person's standing opinion of a face: (`label`, class), (`reject`, None) or (`unsure`, None)."""

    who: Person | None
    what: Opinion
    seconds: float | None
    informed: bool


@dataclass(frozen=True)
class Agreement:
    """Over the faces that two people answered blindly; `kappa` is None where all say the same."""

    faces: int
    people: int
    raw: Interval
    kappa: Interval | None
    name: str


@dataclass(frozen=True)
class Record:
    """A person's answers, typical seconds for one, and how many of those on settled faces are right."""

    person: Person
    answers: int
    seconds: float | None
    right: Interval | None
    settled: int


def count_disputed(session: Session) -> int:
    """How many faces wait for somebody to settle what they are."""
    return session.scalar(select(func.count(Face.id)).join(Photo).where(Face.disputed, SHOWN)) or 0


def disputed(session: Session, limit: int = 20) -> list[tuple[Face, list[Said]]]:
    """Faces that people disagree about, oldest first, with everybody's answer side by side."""
    query = select(Face).join(Face.photo).where(Face.disputed, SHOWN).options(contains_eager(Face.photo))
    faces = list(session.scalars(query.order_by(Face.id).limit(limit)))
    said = _opinions(session, [face.id for face in faces])
    return [(face, list({one.who: one for one in said[face]}.values())) for face in faces]


def vouch(session: Session, face_ids: Sequence[int], by: Person) -> int:
    """Make gold of those of the faces that have an answer nobody disputes; returns how many."""
    sure = Face.id.in_(face_ids), Face.decided_at.is_not(None), Face.disputed.is_(False)
    made = list(session.scalars(update(Face).where(*sure).values(gold=True).returning(Face.id)))
    session.add(Event(kind="gold_chosen", person_id=by.id, detail={"faces": made}))
    return len(made)


def measure(session: Session) -> tuple[Agreement | None, list[Record]]:
    """Agreement (None: no face has two blind answers) and everybody's record."""
    said = _opinions(session)
    return _agreement(list(said.values())), _records(said)


def cohen(ratings: Ratings) -> float | None:
    """Cohen's kappa (1960) of two raters: ratings (n, 2) of class numbers, a column a rater."""
    width = int(ratings.max()) + 1
    first, second = (np.bincount(column, minlength=width) / len(ratings) for column in ratings.T)
    return _beyond_chance(ratings, float((first * second).sum()))


def fleiss(ratings: Ratings) -> float | None:
    """Fleiss' kappa (1971) for two ratings a face by whomever: ratings (n, 2) of class numbers."""
    shares = np.bincount(ratings.ravel()) / ratings.size
    return _beyond_chance(ratings, float((shares**2).sum()))


def _beyond_chance(ratings: Ratings, chance: float) -> float | None:
    agreed = float((ratings[:, 0] == ratings[:, 1]).mean())
    return (agreed - chance) / (1 - chance) if chance < 1 else None


def bootstrap(ratings: Ratings, kappa: Callable[[Ratings], float | None]) -> Interval | None:
    """Kappa with a 95 % percentile interval over resampled faces (Efron 1979)."""
    value = kappa(ratings)
    if value is None:
        return None
    chance, n = np.random.default_rng(SEED), len(ratings)
    again = [kappa(ratings[chance.integers(n, size=n)]) for _ in range(RESAMPLES)]
    low, high = np.percentile([one for one in again if one is not None], [2.5, 97.5])
    return {"value": value, "low": float(low), "high": float(high)}


def _opinions(session: Session, face_ids: Sequence[int] | None = None) -> dict[Face, list[Said]]:
    """What was said of each face by people at the bench, oldest first."""
    query = select(Answer, Face, Person).outerjoin(Person, Person.id == Answer.person_id).join(Answer.face)
    query = query.join(Face.photo).where(SHOWN, STANDING, Answer.client_key.not_like("folder:%"))
    if face_ids is not None:
        query = query.where(Face.id.in_(face_ids))
    meant, said = classes.read(session), defaultdict(list)
    for answer, face, person in session.execute(query.order_by(Answer.id)):
        if what := opinion(answer, meant):
            said[face].append(Said(person, what, answer.seconds, answer.informed))
    return dict(said)


def _agreement(said: Sequence[Sequence[Said]]) -> Agreement | None:
    """Of each face the first two people's blind answers."""
    pairs = []
    for opinions in said:
        blind = {one.who.id: one for one in opinions if one.who and not one.informed}
        if len(blind) > 1:
            pairs.append(sorted(list(blind.items())[:2]))
    if not pairs:
        return None
    words = sorted({one.what for pair in pairs for _, one in pair}, key=str)
    ratings = np.array([[words.index(one.what) for _, one in pair] for pair in pairs], np.int64)
    two = len({tuple(who for who, _ in pair) for pair in pairs}) == 1
    agreed = int((ratings[:, 0] == ratings[:, 1]).sum())
    return Agreement(
        faces=len(pairs),
        people=len({who for pair in pairs for who, _ in pair}),
        raw=wilson(agreed, len(pairs)),
        kappa=bootstrap(ratings, cohen if two else fleiss),
        name="Cohen" if two else "Fleiss",
    )


def _records(said: dict[Face, list[Said]]) -> list[Record]:
    by_person: dict[Person, list[tuple[Face, Said, bool]]] = defaultdict(list)
    for face, opinions in said.items():
        settled = _is_settled(face, opinions)
        for one in opinions:
            if one.who is not None:
                by_person[one.who].append((face, one, settled))
    return [_record(person, by_person[person]) for person in sorted(by_person, key=lambda one: one.id)]


def _is_settled(face: Face, opinions: Sequence[Said]) -> bool:
    """The owner vouches for it, somebody decided who knew the others' answers, or two people agree."""
    return not face.disputed and (
        face.gold or any(one.informed for one in opinions) or len({one.who for one in opinions}) > 1
    )


def _record(person: Person, given: Sequence[tuple[Face, Said, bool]]) -> Record:
    """Right is what agrees with the settled answer; knowing the others' or being unsure counts as neither."""
    seconds = [one.seconds for _, one, _ in given if one.seconds is not None]
    judged = [
        one.what == (("label", face.label) if face.label else ("reject", None))
        for face, one, settled in given
        if settled and not one.informed and one.what[0] != "unsure"
    ]
    right = wilson(sum(judged), len(judged)) if judged else None
    return Record(person, len(given), median(seconds) if seconds else None, right, len(judged))

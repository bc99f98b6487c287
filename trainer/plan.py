"""Which faces come into review next, and why. Planned here, ahead of time; the labeller serves them.

The rule: as long as no model is live, what is typical of all faces (density); with a model, REVIEW_MIX, of
which the largest part is clustered margin. Every plan leaves an event that says which, and of how many.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import OPEN
from db.live import live_run
from db.models import Event, Face, Group, Photo, Pick, Run, Score
from db.settings import settings
from trainer import networks
from trainer import select as choose
from trainer.embed import Wanted, features_of
from trainer.networks import Network
from trainer.select import Places
from trainer.weak import Weak, weakest

BATCH = 20
AHEAD = 10
"""Batches planned at once."""
COMPARED = 1500
"""Faces, drawn from those left and from those labelled, among which novelty is looked for."""
COLD = 2000
"""Faces, drawn from all, among which the typical ones are looked for."""
HIDDEN_SHARE = 4
"""One in so many doubtful boxes is one that nobody would be shown otherwise."""


@dataclass(frozen=True)
class Left:
    """Faces that nobody decided on and that are not locked, as columns (n,)."""

    ids: NDArray[np.int64]
    margins: NDArray[np.float64]
    labels: NDArray[np.str_]
    people: NDArray[np.int64]
    doubtful: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    chances: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


Wish = list[tuple[int, str, dict[str, Any]]]
"""(place in `Left`, reason, what stands in its text), best first."""


def plan(session: Session, run: Run, network: Network, metrics: dict[str, Any]) -> list[Pick]:
    """The next AHEAD batches by the run's scores, not yet added; faces it has chosen already are left out."""
    left = _left(session, run)
    chance = np.random.default_rng([run.id, len(left)])
    wishes = _wishes(session, run, network, left, weakest(metrics), chance)
    taken: set[int] = set()
    chosen: Wish = []
    for _ in range(AHEAD):
        batch: Wish = []
        for kind, count in _quotas(settings().review_mix).items():
            batch += _next(wishes[kind], taken, count)
        chosen += batch + _next(wishes["uncertain"], taken, BATCH - len(batch))
    first = session.scalar(select(func.max(Pick.place)).where(Pick.run_id == run.id)) or 0
    return [
        Pick(face_id=int(left.ids[one]), run_id=run.id, place=first + i, reason=reason, detail=detail)
        for i, (one, reason, detail) in enumerate(chosen, start=1)
    ]


def refill(session: Session) -> None:
    """Plan more when the plan runs low. Commits."""
    run = live_run(session)
    if _waiting(session, run) >= BATCH:
        return
    picks = _typical(session) if run is None else _by_model(session, run)
    add(session, picks, run)
    session.commit()


def _by_model(session: Session, run: Run) -> list[Pick]:
    return plan(session, run, networks.network_of(session, run), run.metrics or {})


def add(session: Session, picks: list[Pick], run: Run | None) -> None:
    """Put the picks into the queue, and say in the audit trail by which rule."""
    if not picks:
        return
    session.add_all(picks)
    rule = "density: no model is live" if run is None else "clustered margin and the mix: a model is live"
    counts = dict(Counter(pick.reason for pick in picks))
    session.add(
        Event(kind="selected", detail={"run": run.id if run else None, "rule": rule, "counts": counts})
    )


def _waiting(session: Session, run: Run | None) -> int:
    """Picks that nobody has decided on yet."""
    mine = Pick.run_id.is_(None) if run is None else Pick.run_id == run.id
    query = select(func.count(Pick.id)).join(Face, Face.id == Pick.face_id)
    return session.scalar(query.where(mine, Pick.reason != "chosen", Face.decided_at.is_(None))) or 0


def _left(session: Session, run: Run) -> Left:
    picked = select(Pick.face_id).where(Pick.run_id == run.id)
    query = (
        select(Face.id, Score.margin, Score.label, Photo.person_id, Face.doubtful, Face.hidden, Face.chance)
        .join(Score, Score.face_id == Face.id)
        .join(Photo, Photo.id == Face.photo_id)
        .join(Group, Group.id == Photo.group_id)
        .where(Score.run_id == run.id, Score.box_version == Face.box_version, Group.split != "locked")
        .where(Face.decided_at.is_(None), Face.state == "proposed", Photo.status == "ready")
        .where(Face.id.not_in(picked))
    )
    rows = session.execute(query.order_by(Face.id)).all()
    columns: Any = zip(*rows, strict=True) if rows else [()] * 7
    ids, margins, labels, people, doubtful, hidden, chances = columns
    return Left(
        np.array(ids, np.int64), np.array(margins, float), np.array(labels, str),
        np.array([person or 0 for person in people], np.int64), np.array(doubtful, bool),
        np.array(hidden, bool), np.array([np.nan if p is None else p for p in chances], float),
    )  # fmt: skip


def _wishes(
    session: Session, run: Run, network: Network, left: Left, weak: Weak, chance: np.random.Generator
) -> dict[str, Wish]:
    """For each kind in the mix the faces it would choose, more than it may."""
    clear = np.flatnonzero(~left.doubtful & ~left.hidden)
    count = BATCH * AHEAD
    uncertain = _uncertain(
        session, network, left, clear[np.argsort(left.margins[clear])][: 2 * count], chance
    )
    return {
        "control": [(int(i), "control", {}) for i in chance.permutation(clear)[:count]],
        "novel": [(int(i), "novel", {}) for i in _novel(session, run, network, left, clear, chance)],
        "weak": _weak(left, clear, weak),
        "box": [(int(i), "box", {}) for i in _boxes(left, chance)[:count]],
        "uncertain": [(int(i), "uncertain", {}) for i in uncertain],
    }


def _uncertain(
    session: Session, network: Network, left: Left, order: Places, chance: np.random.Generator
) -> Places:
    """Clustered margin, batch by batch, of faces in the order of their margins."""
    features = _features(session, network, left.ids[order])
    chosen: list[int] = []
    rest = np.arange(len(order))
    while len(rest):
        window = rest[: BATCH * choose.PER_PLACE]
        picked = window[choose.one_of_each(features[window], BATCH, chance)]
        chosen += picked.tolist()
        rest = np.setdiff1d(rest, picked)
    return np.asarray(order[np.array(chosen, int)])


def _novel(
    session: Session, run: Run, network: Network, left: Left, clear: Places, chance: np.random.Generator
) -> Places:
    """Those least like anything labelled."""
    decided = select(Score.face_id).join(Face, Face.id == Score.face_id)
    known = np.array(
        session.scalars(decided.where(Score.run_id == run.id, Face.label.is_not(None))).all(), np.int64
    )
    some, had = (chance.permutation(ids)[:COMPARED] for ids in (clear, known))
    far = choose.k_centre(
        _features(session, network, left.ids[some]),
        BATCH * AHEAD // 4,
        chance,
        _features(session, network, had),
    )
    return some[far]


def _weak(left: Left, clear: Places, weak: Weak) -> Wish:
    """Faces of the class or person of which the model is wrong most often, the least sure first."""
    order = clear[np.argsort(left.margins[clear])]
    wish: Wish = []
    if weak.label is not None:
        mine = order[left.labels[order] == weak.label]
        wish += [(int(i), "weak_class", {"label": weak.label}) for i in mine]
    if weak.person is not None:
        mine = order[left.people[order] == weak.person]
        wish += [(int(i), "weak_person", {}) for i in mine]
    return wish


def _boxes(left: Left, chance: np.random.Generator) -> Places:
    """Doubtful boxes, the most doubtful first, and here and there a hidden one, so that misses are seen."""
    shown = np.flatnonzero(left.doubtful & ~left.hidden)
    unsure = np.abs(np.nan_to_num(left.chances[shown], nan=0.5) - 0.5)
    order = shown[np.lexsort((chance.random(len(shown)), unsure))]
    for place, one in enumerate(chance.permutation(np.flatnonzero(left.hidden))[: BATCH * AHEAD]):
        order = np.insert(order, min(len(order), place * HIDDEN_SHARE), one)
    return np.asarray(order)


def _next(wish: Wish, taken: set[int], count: int) -> Wish:
    """The first `count` of the wish that nobody else took."""
    found: Wish = []
    while wish and len(found) < count:
        one = wish.pop(0)
        if one[0] not in taken:
            taken.add(one[0])
            found.append(one)
    return found


def _quotas(mix: dict[str, int]) -> dict[str, int]:
    """Faces of each kind in a batch, but for the uncertain ones: these fill it."""
    total = sum(mix.values())
    return {kind: round(BATCH * share / total) for kind, share in mix.items() if kind != "uncertain"}


def _typical(session: Session) -> list[Pick]:
    """Without a model: the typical faces. Nothing while photos are looked at."""
    if session.scalar(select(Photo.id).where(Photo.status.in_(OPEN)).limit(1)) is not None:
        return []
    query = select(Face.id, Face.label).join(Photo).join(Group, Group.id == Photo.group_id)
    query = query.where(Photo.status == "ready", Face.doubtful.is_(False), Group.split != "locked")
    rows = session.execute(query.where(Face.state != "rejected")).all()
    gone = set(session.scalars(select(Pick.face_id).where(Pick.run_id.is_(None))))
    known = np.array([row.id for row in rows if row.label], np.int64)
    left = np.array([row.id for row in rows if not row.label and row.id not in gone], np.int64)
    if len(left) <= BATCH:
        return []  # all of them come anyway
    chance = np.random.default_rng([len(left), len(known)])
    left, known = chance.permutation(left)[:COLD], chance.permutation(known)[:COLD]
    network = networks.shared()
    best = choose.density(
        _features(session, network, left), BATCH, chance, _features(session, network, known)
    )
    first = session.scalar(select(func.max(Pick.place)).where(Pick.run_id.is_(None))) or 0
    return [
        Pick(face_id=int(left[one]), place=first + i, reason="typical") for i, one in enumerate(best, start=1)
    ]


def _features(session: Session, network: Network, ids: NDArray[np.int64]) -> NDArray[np.float16]:
    """Features (n, 1280) of the faces; zeros for one that is gone meanwhile."""
    wanted = [Wanted(int(id), 1) for id in ids]
    return features_of(session, network, wanted).take([(int(id), 0) for id in ids])

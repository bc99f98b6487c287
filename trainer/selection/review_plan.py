"""Which faces come into review next, and why. Planned here, ahead of time; the labeller serves them.

The rule: as long as no model is live, what is typical of all faces (density); with a model, REVIEW_MIX, of
which the largest part is herding. Every plan leaves an event that says which, and of how many.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from db.base import OPEN
from db.models import NOT_LOCKED, Event, Face, Group, Photo, Pick, Run, Score
from db.settings import settings
from db.workbench import live_run
from trainer.arrays import IntArray
from trainer.data import dataset
from trainer.features import feature_store, networks
from trainer.features.networks import Network
from trainer.selection import strategies as choose
from trainer.selection.weak_slices import Weak, weakest

BATCH = 20
AHEAD = 10
"""Batches planned at once."""
COUNT = BATCH * AHEAD
UNSURE = 3 * COUNT
"""Least sure faces from which the uncertain ones are chosen: 30 for each place of the first batch."""
COMPARED = 1500
"""Faces, drawn from those left and from those labelled, among which novelty is looked for."""
COLD = 2000
"""Faces, drawn from all, among which the typical ones are looked for."""
HIDDEN_SHARE = 4
"""One in so many doubtful boxes is one that nobody would be shown otherwise."""


Wish = list[tuple[int, str, dict[str, Any]]]
"""(face id, reason, what stands in its text), best first."""


def plan(session: Session, run: Run, network: Network, metrics: dict[str, Any]) -> list[Pick]:
    """The next AHEAD batches by the run's scores, not yet added; faces it has chosen already are left out."""
    first = session.scalar(select(func.max(Pick.place)).where(Pick.run_id == run.id)) or 0
    wishes = _wishes(session, run, network, weakest(metrics), np.random.default_rng([run.id, first]))
    taken: set[int] = set()
    chosen: Wish = []
    for _ in range(AHEAD):
        batch: Wish = []
        for kind, count in _quotas(settings().review_mix).items():
            batch += _next(wishes[kind], taken, count)
        chosen += batch + _next(wishes["uncertain"], taken, BATCH - len(batch))
    return [
        Pick(face_id=id, run_id=run.id, place=first + place, reason=reason, detail=detail)
        for place, (id, reason, detail) in enumerate(chosen, start=1)
    ]


def refill(session: Session) -> None:
    """Plan more when the plan runs low. Commits."""
    run = live_run(session)
    if _waiting(session, run) >= BATCH:
        return
    if run is None:
        picks = _typical(session)
    else:
        picks = plan(session, run, networks.network_of(session, run), run.metrics or {})
    add(session, picks, run)
    session.commit()


def add(session: Session, picks: list[Pick], run: Run | None) -> None:
    """Put the picks into the queue, and say in the audit trail by which rule."""
    if not picks:
        return
    session.add_all(picks)
    rule = "density: no model is live" if run is None else "herding and the mix: a model is live"
    counts = dict(Counter(pick.reason for pick in picks))
    session.add(
        Event(kind="selected", detail={"run": run.id if run else None, "rule": rule, "counts": counts})
    )


def _waiting(session: Session, run: Run | None) -> int:
    """Picks that nobody has decided on yet."""
    mine = Pick.run_id.is_(None) if run is None else Pick.run_id == run.id
    query = select(func.count(Pick.id)).join(Face, Face.id == Pick.face_id)
    return session.scalar(query.where(mine, Pick.reason != "chosen", Face.decided_at.is_(None))) or 0


def _left(run: Run) -> Select[int]:
    """Ids of scored faces that nobody decided on, that are not locked, and that the run has not chosen."""
    picked = select(Pick.face_id).where(Pick.run_id == run.id)
    scored = and_(Score.run_id == run.id, Score.face_id == Face.id, Score.box_version == Face.box_version)
    query = select(Face.id).join(Score, scored).join(Photo, Photo.id == Face.photo_id)
    query = query.join(Group, Group.id == Photo.group_id)
    return query.where(*dataset.CHOOSABLE, Face.id.not_in(picked))


def _wishes(
    session: Session, run: Run, network: Network, weak: Weak, chance: np.random.Generator
) -> dict[str, Wish]:
    """For each kind in the mix the faces it would choose, more than it may."""
    clear = _left(run).where(*dataset.LIKELY_FACE)
    least_sure = clear.order_by(Score.margin, Score.face_id)

    def ids(query: Select[int], limit: int | None = None) -> IntArray:
        return np.array(session.scalars(query.limit(limit)).all(), np.int64)

    everyone = chance.permutation(ids(clear))
    unsure = session.execute(least_sure.add_columns(Score.margin).limit(UNSURE)).tuples().all()
    weak_class = ids(least_sure.where(Score.label == weak.label), COUNT if weak.label else 0)
    weak_person = ids(least_sure.where(Photo.person_id == weak.person), COUNT if weak.person else 0)
    doubt = func.abs(func.coalesce(Face.chance, 0.5) - 0.5)
    doubtful = ids(_left(run).where(Face.doubtful, Face.hidden.is_(False)).order_by(doubt, Face.id), COUNT)
    hidden = chance.permutation(ids(_left(run).where(Face.hidden)))[:COUNT]
    return {
        "control": _as(everyone[:COUNT], "control"),
        "novel": _as(_novel(session, run, network, everyone[-COMPARED:], chance), "novel"),
        "weak": _as(weak_class, "weak_class", label=weak.label) + _as(weak_person, "weak_person"),
        "box": _as(_sampled_in(doubtful, hidden), "box"),
        "uncertain": _as(_uncertain(session, network, dict(unsure)), "uncertain"),
    }


def _as(ids: Iterable[int], reason: str, **detail: Any) -> Wish:
    return [(int(id), reason, detail) for id in ids]


def _uncertain(session: Session, network: Network, margins: dict[int, float]) -> list[int]:
    """Of faces and their margins those that cover most doubt; then the others in their order."""
    ids, features = feature_store.features_of_existing(session, network, list(margins))
    doubts = 1 - np.array([margins[id] for id in ids])
    best = [ids[place] for place in choose.cover(doubts, features, COUNT)]
    return list(dict.fromkeys(best + ids))


def _novel(
    session: Session, run: Run, network: Network, some: IntArray, chance: np.random.Generator
) -> IntArray:
    """Of some faces those least like anything labelled."""
    known = select(Score.face_id).join(Face, Face.id == Score.face_id)
    known = known.where(Score.run_id == run.id, Face.label.is_not(None))
    had = chance.permutation(np.array(session.scalars(known).all(), np.int64))[:COMPARED]
    ids, features = feature_store.features_of_existing(session, network, some.tolist())
    _, labelled = feature_store.features_of_existing(session, network, had.tolist())
    return np.array(ids, np.int64)[choose.k_centre(features, COUNT // 4, chance, labelled)]


def _sampled_in(doubtful: IntArray, hidden: IntArray) -> list[int]:
    """The most doubtful first, and every HIDDEN_SHARE-th a hidden one, so that misses are seen."""
    shown, sampled = doubtful.tolist(), hidden.tolist()
    mixed = []
    while shown or sampled:
        if sampled:
            mixed.append(sampled.pop(0))
        mixed += [shown.pop(0) for _ in range(HIDDEN_SHARE - 1) if shown]
    return mixed


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
    query = query.where(Photo.status == "ready", Face.doubtful.is_(False), NOT_LOCKED)
    rows = session.execute(query.where(Face.state != "rejected")).all()
    gone = set(session.scalars(select(Pick.face_id).where(Pick.run_id.is_(None))))
    known = np.array([row.id for row in rows if row.label], np.int64)
    left = np.array([row.id for row in rows if not row.label and row.id not in gone], np.int64)
    if len(left) <= BATCH:
        return []  # all of them come anyway
    chance = np.random.default_rng([len(left), len(known)])
    left, known = chance.permutation(left)[:COLD], chance.permutation(known)[:COLD]
    network = networks.shared()
    ids, features = feature_store.features_of_existing(session, network, left.tolist())
    _, labelled = feature_store.features_of_existing(session, network, known.tolist())
    best = choose.density(features, BATCH, chance, labelled)
    first = session.scalar(select(func.max(Pick.place)).where(Pick.run_id.is_(None))) or 0
    return [Pick(face_id=ids[one], place=first + i, reason="typical") for i, one in enumerate(best, start=1)]

"""Whether the photos that the live model is tried on are still like those that it learned from."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db import classes
from db.confidence_intervals import independent_difference, share
from db.models import Embedding, Run, TriedLook
from db.storage import blobs
from tests.factories import add_live_run
from tests.labelled import add_features, add_labelled_faces
from trainer.arrays import Box
from trainer.data import dataset
from trainer.evaluation import tried_looks
from trainer.evaluation.tried_looks import Unfamiliar, note_look, unfamiliar_photos

SMALL: Box = (0, 0, 30, 30)
LARGE: Box = (50, 0, 90, 90)


def features(count: int, along: int) -> NDArray[np.float64]:
    """Features (count, 1280) that resemble each other, along one axis, and less so those along another."""
    noise = np.random.default_rng(along).normal(size=(count, 1280)) / 1280**0.5
    return np.asarray(noise * 0.5 + np.eye(1280)[along])


@pytest.fixture
def run(db: Session) -> Run:
    """The live run, which learned from faces with features along the first axis."""
    faces = add_labelled_faces(db, 40)
    add_features(db, faces, features(40, 0), "b")
    run = add_live_run(db)
    run.manifest = blobs().put(dataset.collect(db, [1, 2], classes.read(db)).manifest())
    run.backbone = "b"
    db.commit()
    return run


def looks(db: Session) -> list[bool]:
    return list(db.scalars(select(TriedLook.unusual).order_by(TriedLook.id)))


def test_a_photo_is_unusual_by_its_largest_face(db: Session, run: Run) -> None:
    usual, unusual = features(1, 0), features(1, 3)
    for rows in ([usual, unusual], [unusual, usual]):
        note_look(db, run.id, np.concatenate(rows), [SMALL, LARGE])
    assert looks(db) == [True, False]


def test_nothing_is_noted_where_nothing_can_be_said(db: Session, run: Run) -> None:
    note_look(db, run.id, features(0, 0), [])
    note_look(db, run.id + 1, features(1, 0), [SMALL])
    run.erased = 1  # what was read before is not used any more
    db.execute(delete(Embedding).where(Embedding.face_id > 20))
    note_look(db, run.id, features(1, 0), [SMALL])
    assert looks(db) == []


def test_only_the_newest_looks_are_kept(db: Session, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tried_looks, "KEPT", 3)
    for along in (3, 0, 0, 3, 0):
        note_look(db, run.id, features(1, along), [SMALL])
    assert looks(db) == [False, True, False]


def add_looks(db: Session, run: Run, *unusual: tuple[int, int]) -> None:
    """Looks in order: of each pair, so many unusual ones, then so many others."""
    for yes, no in unusual:
        db.add_all(TriedLook(run_id=run.id, unusual=one) for one in [True] * yes + [False] * no)
    db.flush()


def figure(unusual: int, count: int) -> dict[str, float] | None:
    return share(np.arange(count) < unusual, np.arange(count))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([(29, 0)], None),
        ([(12, 18)], Unfamiliar(figure(12, 30) or {}, None)),
        ([(6, 94)], None),
        ([(5, 95), (20, 80)], Unfamiliar(figure(20, 100) or {}, figure(5, 100))),
        ([(40, 0), (5, 95), (20, 80)], Unfamiliar(figure(20, 100) or {}, figure(5, 100))),
        ([(9, 91), (15, 85)], None),
        ([(0, 100), (6, 94)], None),
        ([(38, 62), (40, 60)], Unfamiliar(figure(40, 100) or {}, None)),
    ],
    ids=["few", "first", "usual", "more", "older", "alike", "usual after none", "as bad as before"],
)
def test_only_what_can_be_told_apart_is_said(
    db: Session, given: list[tuple[int, int]], expected: Unfamiliar | None
) -> None:
    run = add_live_run(db)
    other = Run(recipe={}, seed=0, classes=[1, 2], status="done")
    db.add(other)
    db.flush()
    add_looks(db, other, (50, 0))
    add_looks(db, run, *given)
    assert unfamiliar_photos(db, run) == expected


def test_looks_go_with_their_run(db: Session) -> None:
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done")
    db.add(run)
    db.flush()
    add_looks(db, run, (2, 3))
    db.execute(delete(Run))
    assert db.scalar(select(func.count()).select_from(TriedLook)) == 0


def test_the_interval_of_a_difference_of_independent_shares() -> None:
    """Newcombe 1998, Stat. Med. 17:873, table II, method 10: 56/70 and 48/80, from Wilson's intervals."""
    first, second = (
        {"value": 0.8, "low": 0.6918, "high": 0.8769},
        {"value": 0.6, "low": 0.4905, "high": 0.7004},
    )
    expected = {"value": 0.2, "low": 0.0524, "high": 0.3339}
    assert independent_difference(first, second) == pytest.approx(expected, abs=1e-4)

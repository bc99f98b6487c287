"""The map: similar faces lie close together, new faces are placed among them, and two maps never mix."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Embedding, Face, Spot, Workbench
from tests.factories import add_faces, add_live_run, add_score
from tests.labelled import sqlite_only
from trainer.face_map import layout, layout_read

pytestmark = pytest.mark.slow  # t-SNE takes a second for a map

KINDS = 6
PLANTED: Any = SimpleNamespace(id="planted")
"""All that drawing asks of a network whose features are kept."""


def clusters(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features (count, 1280) around six centres, by turns, and which centre is whose."""
    centres = np.random.default_rng(99).normal(size=(KINDS, 1280))
    kinds = np.arange(count) % KINDS
    noise = np.random.default_rng(seed).normal(size=(count, 1280))
    return (centres[kinds] + 1.2 * noise).astype(np.float16), kinds


def purity(spot: np.ndarray, kinds: np.ndarray, among: np.ndarray, their: np.ndarray) -> float:
    """How often the nearest other spot is of the same kind."""
    apart = np.linalg.norm(spot[:, None] - among[None], axis=2)
    apart[apart == 0] = np.inf
    return float((their[apart.argmin(axis=1)] == kinds).mean())


def plant(db: Session, count: int, seed: int = 0, split: str = "train") -> list[int]:
    """Faces with planted features; the n-th is of kind n % KINDS."""
    faces = add_faces(db, count, split)
    vectors, _ = clusters(count, seed)
    for face, vector in zip(faces, vectors, strict=True):
        kept = {"face_id": face.id, "box_version": 1, "backbone": PLANTED.id, "view": 0}
        db.add(Embedding(**kept, vector=vector.astype("<f2").tobytes()))
    db.commit()
    return [face.id for face in faces]


def drawn_positions(db: Session) -> dict[int, tuple[float, float]]:
    return {id: (x, y) for id, x, y in db.execute(select(Spot.face_id, Spot.x, Spot.y))}


def test_similar_faces_lie_close_together_and_always_in_the_same_place() -> None:
    vectors, kinds = clusters(300)
    positions = layout.lay_out(vectors)
    assert purity(positions, kinds, positions, kinds) > 0.97
    assert np.array_equal(positions, layout.lay_out(vectors))


def test_above_the_limit_a_sample_is_laid_out_and_the_others_join_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layout, "MAX_FITTED", 150)
    vectors, kinds = clusters(600)
    positions = layout.lay_out(vectors)
    assert np.isfinite(positions).all()
    assert purity(positions, kinds, positions, kinds) > 0.95


def test_new_faces_are_placed_among_similar_ones() -> None:
    vectors, kinds = clusters(240)
    there = layout.lay_out(vectors)
    new, theirs = clusters(60, seed=5)
    assert purity(layout.place(vectors, there, new), theirs, there, kinds) > 0.95


@pytest.mark.parametrize("count", [10, 11, 25])
def test_a_few_faces_make_a_map_too(count: int) -> None:
    vectors, _ = clusters(count)
    positions = layout.lay_out(vectors)
    assert np.isfinite(positions).all()
    assert np.isfinite(layout.place(vectors, positions, vectors[:3])).all()


def test_few_new_faces_are_placed_and_many_redraw_the_map(db: Session) -> None:
    plant(db, 60)
    assert layout_read.progress(db) == layout_read.MapProgress(60, 0, 60)
    assert layout.draw(db, PLANTED) == 60
    first, at = drawn_positions(db), db.scalar(select(Workbench.mapped_at))
    assert layout.draw(db, PLANTED) == 0, "a second time there is nothing to do"
    later = plant(db, 12, seed=2)
    assert layout_read.progress(db).stale
    assert layout.draw(db, PLANTED) == 12
    assert {id: spot for id, spot in drawn_positions(db).items() if id in first} == first, (
        "who was there stays"
    )
    ids = np.array(sorted(first))
    spot = drawn_positions(db)
    among, new = np.array([first[id] for id in ids]), np.array([spot[id] for id in later])
    assert purity(new, np.arange(12) % KINDS, among, np.arange(60) % KINDS) > 0.9
    assert db.scalar(select(Workbench.mapped_at)) == at
    plant(db, 30, seed=3)
    assert layout.draw(db, PLANTED) == 102
    assert db.scalar(select(Workbench.mapped_at)) != at
    assert len(drawn_positions(db)) == 102


def test_a_drawing_killed_half_way_is_finished_the_next_time(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "CHUNK", 20)
    plant(db, 60)
    write = layout.insert_for_faces

    def killed(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
        if session.scalar(select(func.count(Spot.face_id))) == 40:
            raise KeyboardInterrupt
        write(session, model, rows)

    monkeypatch.setattr(layout, "insert_for_faces", killed)
    with pytest.raises(KeyboardInterrupt):
        layout.draw(db, PLANTED)
    db.rollback()
    half = drawn_positions(db)
    assert len(half) == 40
    monkeypatch.setattr(layout, "insert_for_faces", write)
    assert layout.draw(db, PLANTED) == 60, "twenty are more than a third of forty"
    whole = drawn_positions(db)
    assert len(whole) == 60
    assert {id: whole[id] for id in half} == half, "the same map"


def test_two_maps_never_mix(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one is written, another worker draws a newer one."""
    monkeypatch.setattr(layout, "CHUNK", 20)
    ids = plant(db, 60)
    write = layout.insert_for_faces

    def overtaken(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
        write(session, model, rows)
        monkeypatch.setattr(layout, "insert_for_faces", write)
        session.commit()
        session.execute(delete(Spot))
        session.get_one(Workbench, 1).mapped_at = now()
        write(session, Spot, [{"face_id": id, "x": 7.0, "y": 7.0} for id in ids])

    monkeypatch.setattr(layout, "insert_for_faces", overtaken)
    layout.draw(db, PLANTED)
    assert set(drawn_positions(db).values()) == {(7.0, 7.0)}


@sqlite_only
def test_above_the_limit_the_newest_and_a_stable_sample_are_shown(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout_read, "MAX_FACES", 30)
    monkeypatch.setattr(layout_read, "NEWEST", 10)
    ids = plant(db, 60)
    shown, faces = layout_read.faces_on_map(db)
    assert (len(shown), faces) == (30, 60)
    assert set(ids[-10:]) <= set(shown)
    assert layout.draw(db, PLANTED) == 30
    ids += plant(db, 5, seed=4)
    assert layout.draw(db, PLANTED) <= 10, "the newest, and few others for those that left"
    assert set(drawn_positions(db)) == set(layout_read.faces_on_map(db)[0])
    assert set(ids[-10:]) <= set(drawn_positions(db))


def test_the_page_gets_the_columns_that_the_colours_need(db: Session) -> None:
    ids = plant(db, 11) + plant(db, 2, split="locked")
    run = add_live_run(db)
    layout.draw(db, PLANTED)
    first, second, third, gone = (db.get_one(Face, id) for id in ids[:4])
    add_score(db, run, first, 0.6)
    add_score(db, run, second, 0.9)
    second.box_version += 1
    for face in (first, second):
        face.state, face.label = "confirmed", "mask"
    third.disputed = True
    gone.state = "rejected"
    db.commit()
    shown = layout_read.read(db)
    assert shown["faces"] == tuple(ids[:3] + ids[4:])
    assert shown["margin"][:3] == [20, -1, -1], "a score of an older box is none"
    kinds = [layout_read.STATES[n] for n in shown["state"]]
    assert kinds == ["labelled", "labelled", "disputed"] + ["waits"] * 9
    assert (shown["labels"], shown["label"]) == (["mask"], [0, 0] + [-1] * 10)
    assert shown["locked"] == (0,) * 10 + (1, 1)
    assert shown["versions"][:3] == (1, 2, 1)
    assert min(shown["x"]) == min(shown["y"]) == 0
    assert max(*shown["x"], *shown["y"]) == layout_read.SIDE


def test_too_few_faces_give_no_map(db: Session) -> None:
    plant(db, 9)
    assert not layout_read.request_drawing(db).stale
    assert "outbox" not in db.info
    assert layout.draw(db, PLANTED) == 0
    assert layout_read.read(db)["faces"] == ()
    plant(db, 1)
    assert layout_read.request_drawing(db).stale
    assert db.info["outbox"] == [("trainer.draw_map", ())]

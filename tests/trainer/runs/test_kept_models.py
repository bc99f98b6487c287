"""Which models keep their files, and what becomes of the others."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import blob_hold
from db.base import now
from db.messages import message
from db.models import Artifact, Event, Run
from db.storage import blobs
from labeller.people import people
from tests.conftest import forget_settings
from trainer.errors import NoModel
from trainer.runs import kept_models, promote, requests


@pytest.fixture(autouse=True)
def two_are_kept(monkeypatch: pytest.MonkeyPatch, db: Session) -> None:
    monkeypatch.setenv("KEEP_MODELS", "2")
    forget_settings()


def add_runs(db: Session, count: int) -> list[Run]:
    """Done runs, each with a file of its own and one that all share."""
    runs = []
    labels = blobs().put(b"mask\nnomask\n")
    for _ in range(count):
        run = Run(recipe={}, seed=0, classes=[1, 2], status="done", finished_at=now(), head={"kernel": []})
        db.add(run)
        db.flush()
        run.manifest = blobs().put(f"manifest {run.id}".encode())
        for form, blob in (("keras", blobs().put(f"keras {run.id}".encode())), ("labels", labels)):
            db.add(Artifact(run_id=run.id, form=form, blob=blob, signature=""))
        runs.append(run)
    db.commit()
    return runs


def with_files(db: Session) -> set[int]:
    return set(db.scalars(select(Artifact.run_id).where(Artifact.form == "keras")))


def test_live_previous_newest_and_pinned_runs_keep_their_files(db: Session) -> None:
    owner = people.owner(db)
    runs = add_runs(db, 8)
    ids = [run.id for run in runs]
    for run in runs[:3]:
        promote.make_live(db, run, message("newer"))
    kept_models.pin(db, runs[4], True, owner)
    db.commit()
    dropped = kept_models.drop_old(db)
    assert dropped == [ids[0], ids[3], ids[5]]
    assert with_files(db) == {ids[1], ids[2], ids[4], ids[6], ids[7]}
    stored = {key for key, _ in blobs().list_keys()}
    assert len(stored) == 8 + 1 + 5, "the manifests, the shared file, and the models that are kept"
    event = db.scalars(select(Event).where(Event.kind == "models_dropped")).one()
    assert event.detail == {"runs": dropped}
    assert kept_models.drop_old(db) == []


def test_a_dropped_run_says_so_when_it_is_wanted(db: Session) -> None:
    owner = people.owner(db)
    runs = add_runs(db, 3)
    kept_models.drop_old(db)
    db.refresh(runs[0])
    for wanted in (
        lambda: requests.promote(db, runs[0], owner),
        lambda: kept_models.pin(db, runs[0], True, owner),
    ):
        with pytest.raises(NoModel, match="are not here"):
            wanted()
        db.rollback()
    assert runs[0].head is not None, "its figures are kept"


@pytest.mark.slow
def test_a_dropped_run_cannot_be_replayed(db: Session) -> None:
    from trainer.runs import replay  # imports Keras, which no quick test needs

    runs = add_runs(db, 3)
    kept_models.drop_old(db)
    db.refresh(runs[0])
    with pytest.raises(NoModel, match="are not here"):
        replay.replay(db, runs[0])


def test_a_run_that_waits_to_go_on_keeps_the_files_it_has_stored(db: Session) -> None:
    """Its worker was stopped after the files were stored and before the run was over."""
    stopped, *_ = add_runs(db, 4)
    stopped.status = "queued"
    db.commit()
    kept_models.drop_old(db)
    db.refresh(stopped)
    assert stopped.dropped_at is None
    assert stopped.id in with_files(db)


def test_unpinned_files_go_in_their_turn_and_none_while_a_run_is_running(db: Session) -> None:
    owner = people.owner(db)
    runs = add_runs(db, 3)
    kept_models.pin(db, runs[0], True, owner)
    db.commit()
    assert kept_models.drop_old(db) == []
    kept_models.pin(db, runs[0], False, owner)
    running = Run(recipe={}, seed=0, classes=[1, 2], status="running")
    db.add(running)
    db.commit()
    assert kept_models.drop_old(db) == []
    running.status = "cancelled"
    db.commit()
    assert kept_models.drop_old(db) == [runs[0].id]


def test_a_kill_between_rows_and_files_leaves_files_that_go_later(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_runs(db, 3)
    before = len(list(blobs().list_keys()))
    with monkeypatch.context() as patch:
        patch.setattr(kept_models.blob_hold, "delete_doomed", lambda session: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept_models.drop_old(db)
    db.rollback()
    assert len(with_files(db)) == 2
    assert len(list(blobs().list_keys())) == before
    assert blob_hold.delete_doomed(db)
    assert len(list(blobs().list_keys())) == before - 1, "the file that all share stays"

"""Runs in this process, from labelled faces to a live model: what they keep, and whether it is true."""

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image, ImageOps
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db import check, signing
from db.models import Artifact, Embedding, Face, Group, Outcome, Photo, Run, Score
from db.session import session_scope
from db.storage import blobs
from labeller import erasure, people
from labeller.answers import Given, record
from tests.environment import PROVE
from tests.labelled import Picture, add, drawn, live_run_id, real, train
from tests.workbench import ROOT, wait_until
from trainer import dataset, runs
from trainer.progress import PHASES, Progress, Say

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

one_engine = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
"""Where the engine makes no difference, and learning takes its time."""
SMALL = {
    "quick": {"preset": "quick"},
    "tutorial": {"preset": "tutorial", "views": 2, "epochs": 2},
    "fine-tune": {"preset": "fine-tune", "views": 2, "epochs": 2, "folds": 2},
}


@pytest.mark.parametrize(
    ("db", "preset"),
    [("sqlite", "quick"), ("postgres", "quick"), ("sqlite", "tutorial"), ("sqlite", "fine-tune")],
    indirect=["db"],
)
def test_a_run_by_each_preset_is_whole_and_can_be_replayed(
    db: Session, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer.replay import replay

    monkeypatch.setattr(runs, "LEAST_TO_TUNE", 10)
    faces = add(db, real(100))
    run = train(db, SMALL[preset])
    assert run.status == "done", run.error
    assert live_run_id(db) == run.id
    assert list(check.problems(db)) == []
    metrics = run.metrics or {}
    assert metrics["locked"]["balanced_accuracy"]["value"] > 0.7
    assert (metrics["cross_validated"] is None) == (preset == "tutorial")
    forms = {one.form for one in db.scalars(select(Artifact))}
    assert forms >= {"keras", "tflite", "onnx", "labels", "card"}
    card = signing.read(db.get_one(Artifact, (run.id, "card"))).decode()
    for words in ("Balanced accuracy", str(run.manifest), str(run.backbone), "Limits"):
        assert words in card
    assert db.scalar(select(func.count()).select_from(Score)) == len(faces)
    assert run.log
    assert run.curve
    assert replay(db, run).difference == 0.0


def test_a_replay_uses_the_boxes_of_then_and_says_who_is_missing(db: Session) -> None:
    from trainer.replay import replay

    faces, owner = add(db, real(100)), people.owner(db)
    run = train(db)
    record(db, owner, Given("move", "adjust", faces[5].id, box=(3, 3, 40, 40)))
    record(db, owner, Given("other", "label", faces[6].id, "nomask"))
    db.commit()
    again = replay(db, run)
    assert (again.difference, again.missing) == (0.0, 0)
    erasure.start(db, Photo.id == faces[7].photo_id, owner)
    db.commit()
    erasure.finish_pending(db)
    assert replay(db, run).missing == 1
    assert db.scalar(select(func.count()).where(Outcome.face_id == faces[7].id)) == 0


@one_engine
def test_a_replay_on_another_number_of_threads_is_alike(db: Session) -> None:
    """One core instead of all, in a process of its own, and no feature kept."""
    add(db, real(100))
    run = train(db)
    db.execute(delete(Embedding))
    db.commit()
    core = str(min(os.sched_getaffinity(0)))
    done = subprocess.run(
        ["taskset", "-c", core, sys.executable, "-m", "trainer.replay", str(run.id)],
        cwd=ROOT, env=os.environ | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1])["difference"] <= 1e-3


@pytest.mark.parametrize("db", ["sqlite", "postgres"] if PROVE else ["sqlite"], indirect=True)
def test_a_run_cancelled_in_any_phase_stops_there_and_leaves_nothing(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(db, drawn(60))
    live, enter = train(db), Progress.phase
    for phase in PHASES["quick"]:

        @contextmanager
        def cancelled_there(self: Progress, name: str, phase: str = phase) -> Iterator[Say]:
            with enter(self, name) as say:
                assert list(PHASES["quick"]).index(name) <= list(PHASES["quick"]).index(phase), "it goes on"
                if name == phase:
                    with session_scope() as other:
                        runs.cancel(other, other.get_one(Run, self._run.id))
                        other.commit()
                yield say

        monkeypatch.setattr(Progress, "phase", cancelled_there)
        run = train(db, {"seed": 1})
        assert run.status == "cancelled", phase
        assert live_run_id(db) == live.id
        assert set(db.scalars(select(Score.run_id).distinct())) == {live.id}
        assert list(check.problems(db)) == []


@one_engine
def test_the_next_run_waits_for_a_cancelled_one_to_hear_of_it(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one process they share compiled steps: side by side they would write into each other's weights."""
    from trainer import train as trainer

    add(db, drawn(60))
    enter, seen, go_on = Progress.phase, [], threading.Event()

    @contextmanager
    def watched(self: Progress, name: str) -> Iterator[Say]:
        seen.append(self._run.id)
        if name == "fit" and self._run.id == first.id:
            assert go_on.wait(30)
        with enter(self, name) as say:
            yield say

    def work(run_id: int) -> None:
        with session_scope() as session:
            trainer.train(session, run_id, 0, "test")

    monkeypatch.setattr(Progress, "phase", watched)
    with ThreadPoolExecutor(2) as pool:
        first = runs.request_run(db, {})
        db.commit()
        one = pool.submit(work, first.id)
        wait_until(lambda: seen.count(first.id) == 3, 30, "it comes to the fitting", every=0.05)
        runs.cancel(db, first)
        second = runs.request_run(db, {"seed": 1})
        db.commit()
        other = pool.submit(work, second.id)
        wait_until(lambda: db.refresh(second) or second.status == "running", 30, "it is claimed", every=0.05)
        assert second.id not in seen
        go_on.set()
        one.result(30)
        other.result(60)
    db.rollback()
    assert [db.get_one(Run, run.id, populate_existing=True).status for run in (first, second)] == [
        "cancelled", "done"
    ]  # fmt: skip
    assert seen == sorted(seen)


@one_engine
def test_a_worse_model_is_kept_back_and_explained(db: Session) -> None:
    """The second run learns from labels turned round; the locked faces keep theirs."""
    add(db, real(120))
    first = train(db)
    open_faces = select(Face.id).join(Photo).join(Group).where(Group.split != "locked")
    for label, other in (("mask", "x"), ("nomask", "mask"), ("x", "nomask")):
        db.execute(update(Face).where(Face.id.in_(open_faces), Face.label == label).values(label=other))
    db.commit()
    second = train(db)
    assert live_run_id(db) == first.id
    assert not second.promoted
    assert "Worse than the live model" in str(second.reason)
    assert set(db.scalars(select(Score.run_id).distinct())) == {first.id}
    assert list(check.problems(db)) == []
    runs.promote(db, second, people.owner(db), "to see")
    db.commit()
    assert live_run_id(db) == second.id


def test_features_are_kept_shared_and_computed_once(db: Session) -> None:
    faces = add(db, real(60))
    train(db)
    before = {(one.face_id, one.view): one.vector for one in db.scalars(select(Embedding))}
    train(db, {"seed": 1})
    db.expire_all()
    after = {(one.face_id, one.view): one.vector for one in db.scalars(select(Embedding))}
    assert before == after
    more = add(db, drawn(4))
    train(db)
    new = {key for (key,) in db.execute(select(Embedding.face_id).distinct())} - {face for face, _ in before}
    assert new == {face.id for face in more}
    erasure.start(db, Photo.id == faces[0].photo_id, None)
    db.commit()
    erasure.finish_pending(db)
    assert db.scalar(select(func.count()).where(Embedding.face_id == faces[0].id)) == 0


@one_engine
def test_every_export_says_the_same_of_real_crops(db: Session) -> None:
    import tempfile
    from pathlib import Path

    import keras

    from trainer import backbone, export, networks
    from trainer.embed import Wanted, crops_of, features_of
    from trainer.head import Head

    faces = add(db, real(200 if PROVE else 60))
    run = train(db)
    ids = [face.id for face in faces]
    images = crops_of(db, networks.shared(), ids)
    scaled = backbone.scaled(np.stack([images[id] for id in ids]))
    files = {form: signing.read(db.get_one(Artifact, (run.id, form))) for form in ("keras", "tflite", "onnx")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(files["keras"])
        expected = keras.models.load_model(path).predict(scaled, verbose=0)
    features = features_of(db, networks.shared(), [Wanted(id, 1) for id in ids])
    kept = Head.of(run.head or {}).probabilities(features.take([(id, 0) for id in ids]))
    found = {
        "tflite": export.run_litert(files["tflite"], scaled),
        "onnx": export.run_onnx(files["onnx"], scaled),
        "kept": kept,
    }
    for form, said in found.items():
        assert np.abs(said - expected).max() < 1e-3, form
        assert (said.argmax(1) == expected.argmax(1)).all(), form


@one_engine
def test_a_tampered_file_is_not_read(db: Session) -> None:
    add(db, drawn(40))
    run = train(db)
    artifact = db.get_one(Artifact, (run.id, "labels"))
    assert signing.read(artifact) == b"mask\nnomask\n"
    artifact.blob = blobs().put(b"other\n")
    with pytest.raises(signing.Tampered):
        signing.read(artifact)
    assert any("signature" in line for line in check.problems(db))


@one_engine
def test_flipped_labels_are_the_first_suspects(db: Session) -> None:
    """5 % flipped: at least 95 % of them are among the first 12 %. In the short test that is one less."""
    from trainer.mistakes import suspects

    pictures = real(792 if PROVE else 300)
    chance = np.random.default_rng(0)
    flipped = set(chance.choice(len(pictures), len(pictures) // 20, replace=False).tolist())
    other = {"mask": "nomask", "nomask": "mask"}
    faces = add(
        db,
        [Picture(p.content, other[p.label] if i in flipped else p.label) for i, p in enumerate(pictures)],
    )
    wrong = {faces[i].id for i in flipped}
    found = [one.face.id for one in suspects(db, train(db), len(faces))]
    assert len(found) == len(faces)
    first = set(found[: round(0.12 * len(found))])
    assert len(wrong & first) >= (0.95 if PROVE else 0.9) * len(wrong)


@one_engine
def test_shuffled_labels_give_no_false_hope(db: Session) -> None:
    """With labels dealt at random the truth is 0.5, and the intervals must say so."""
    faces = add(db, real(200))
    chance, held = np.random.default_rng(0), []
    for _ in range(100 if PROVE else 15):
        labels = chance.permutation([face.label for face in faces])
        for face, label in zip(faces, labels, strict=True):
            face.label = str(label)
        db.commit()
        metrics = train(db).metrics or {}
        held.append(
            {
                part: metrics[part]["balanced_accuracy"]["low"]
                <= 0.5
                <= metrics[part]["balanced_accuracy"]["high"]
                for part in ("locked", "cross_validated")
            }
        )
    for part in ("locked", "cross_validated"):
        covered = sum(one[part] for one in held)
        assert covered >= (93 if PROVE else 13), (part, covered)


def disguised(content: bytes) -> list[bytes]:
    """The same picture smaller, mirrored, and saved badly."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    half = image.resize((max(40, image.width // 2), max(40, image.height // 2)))
    forms = ((half, 90), (ImageOps.mirror(image), 90), (image, 40))
    found = []
    for form, quality in forms:
        out = io.BytesIO()
        form.save(out, "JPEG", quality=quality)
        found.append(out.getvalue())
    return found


@one_engine
def test_no_face_is_on_both_sides_of_the_split_even_disguised_as_anothers(db: Session) -> None:
    """60 people of two faces each, and for some of these faces three disguises on somebody else."""
    pictures = real(120)
    originals = [Picture(one.content, one.label, f"Person {n // 2}") for n, one in enumerate(pictures)]
    planted = [
        (number, Picture(content, originals[number].label, f"Person {(number // 2 + 17) % 60}"))
        for number in range(0, 120, 6 if PROVE else 12)
        for content in disguised(originals[number].content)
    ]
    faces = add(db, [*originals, *(picture for _, picture in planted)])
    sides = {row.face_id: row.split for row in dataset.collect(db, ("mask", "nomask")).rows}
    pairs = [(faces[number].id, faces[120 + place].id) for place, (number, _) in enumerate(planted)]
    assert [pair for pair in pairs if sides[pair[0]] != sides[pair[1]]] == []
    assert check.straddling(db) == []
    assert set(sides.values()) == {"train", "validation", "locked"}

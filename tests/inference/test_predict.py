"""Predictions by the real detector and the real network, with a head that has not been trained."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Prediction, PredictionBatch, Run
from db.session import session_scope
from inference import predict
from labeller.detection.prediction_batches import get_batch, request_batch
from labeller.detection.predictions import read_photo, request_prediction
from labeller.people import people
from tests.light_run import add_light_run
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT
from trainer.features import backbone
from trainer.runs.classify import classify_prediction
from web import create_app
from web.cli.up import WORKERS

pytestmark = pytest.mark.slow

BATCH = """
import importlib, json, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
from inference import jobs
jobs.predict_batch(int(sys.argv[2]), int(sys.argv[3]))
print(json.dumps([name for name in ("tensorflow", "keras", "torch") if name in sys.modules]))
"""


@pytest.fixture
def run(db: Session) -> Run:
    return add_light_run(db, features=backbone.litert())


def two_heads(size: tuple[int, int]) -> bytes:
    """A photo that has a bare and a masked face side by side."""
    picture = Image.new("RGB", (2 * size[0], size[1]))
    for number in (0, 1):
        picture.paste(portrait(number + 5, number == 1, size), (number * size[0], 0))
    return jpeg(picture)


def ask(session: Session, run: Run, photo: bytes) -> Prediction:
    asked = request_prediction(session, run, read_photo(photo))
    session.commit()
    predict.answer(session, asked.id)
    return session.get_one(Prediction, asked.id, populate_existing=True)


@pytest.mark.parametrize(
    "size",
    [
        pytest.param((480, 360), id="as a whole"),
        pytest.param((1600, 1200), id="larger than its rendition", marks=pytest.mark.full_size),
    ],
)
def test_the_detect_worker_answers_what_the_train_worker_does(
    db: Session, run: Run, size: tuple[int, int]
) -> None:
    earlier = add_light_run(db)
    earlier.backbone = backbone.backbone_id()  # with no file of it, as runs of earlier versions
    db.commit()
    photo = two_heads(size)
    mine, theirs = ask(db, run, photo), ask(db, earlier, photo)
    assert (mine.status, theirs.status) == ("done", "detected")
    classify_prediction(db, theirs.id)
    assert [face["box"] for face in mine.faces or []] == [face["box"] for face in theirs.faces or []]
    ours, expected = probabilities(mine.faces), probabilities(theirs.faces)
    assert ours.shape == (2, 2)
    assert np.abs(ours - expected).max() < 1e-5
    assert np.abs(ours[0] - ours[1]).max() > 1e-4, "the two faces are told apart"


def probabilities(faces: list[Any] | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([list(face["probabilities"].values()) for face in faces or []])


def test_one_bad_file_stops_no_batch_and_no_worker_needs_tensorflow_for_it(db: Session, run: Run) -> None:
    owner, photo = people.owner(db), jpeg(portrait(5, False))
    blank = jpeg(Image.new("RGB", (300, 200), "grey"))
    names = ("one.jpg", "two.jpg", "bad.jpg", "blank.jpg", "three.jpg")
    contents = (photo, jpeg(portrait(6, True)), photo[:2000], blank, photo)
    batch = request_batch(db, run, owner, list(zip(names, contents, strict=True)))
    db.commit()
    arguments = WORKERS["detect"][0], str(batch.id), str(batch.attempt)
    command = [sys.executable, "-c", BATCH, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    batch = get_batch(db, batch.id, owner)
    assert batch.status == "done"
    assert [(one.name, one.status, len(one.faces or [])) for one in batch.items] == [
        ("one.jpg", "done", 1), ("two.jpg", "done", 1), ("bad.jpg", "failed", 0), ("blank.jpg", "done", 0),
        ("three.jpg", "done", 1),
    ]  # fmt: skip
    assert batch.items[0].faces == batch.items[4].faces
    assert (batch.items[2].error or {})["code"] == "photo_broken"


def test_a_batch_whose_worker_was_killed_is_taken_up_where_it_stopped(db: Session, run: Run) -> None:
    owner, photo = people.owner(db), jpeg(portrait(5, False))
    batch = request_batch(db, run, owner, [("one.jpg", photo), ("two.jpg", photo)])
    answered = {"box": [1, 2, 3, 4], "label": "mask", "probabilities": {"mask": 1.0, "nomask": 0.0}}
    batch.items[0].faces, batch.items[0].status = [answered], "done"
    db.commit()
    predict.answer_batch(db, batch.id, batch.attempt, "detect@test")
    done = get_batch(db, batch.id, owner)
    assert [one.status for one in done.items] == ["done", "done"]
    assert done.items[0].faces == [answered]
    assert done.items[1].faces != [answered]


@contextmanager
def worker() -> Iterator[None]:
    """Answers what is asked, as the detect worker does."""
    stopped = threading.Event()

    def work() -> None:
        while not stopped.wait(0.01):
            with session_scope() as session:
                for id in session.scalars(select(Prediction.id).where(Prediction.status == "queued")).all():
                    predict.answer(session, id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def test_a_folder_from_the_command_line(db: Session, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(two_heads((480, 360)))
    (folder / "bad.jpg").write_bytes(b"no photo")
    (folder / "deeper" / "b.jpg").write_bytes(jpeg(portrait(6, True)))
    with worker():
        done = (
            create_app()
            .test_cli_runner()
            .invoke(args=["predict", str(folder), "--run", str(run.id), "--json"])
        )
    assert done.exit_code == 1, "one file is refused, which a script has to notice"
    assert f"{folder}/bad.jpg: " in done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    found = {Path(answer["file"]).name: len(answer["faces"]) for answer in answers}
    assert found == {"a.jpg": 2, "b.jpg": 1}
    assert {answer["run_id"] for answer in answers} == {run.id}
    assert db.query(Prediction).count() == db.query(PredictionBatch).count() == 0

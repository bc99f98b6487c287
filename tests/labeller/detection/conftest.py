"""Detectors that say the boxes that a test gives them, beside a broker with empty queues."""

from datetime import timedelta

import pytest

from labeller.detection import detectors, passes
from labeller.photos.box import Box
from tests.detector_stubs import Install, SaysBoxes


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Replace the networks by detectors that say the boxes given for each name."""

    monkeypatch.setattr(passes, "ANSWERING_WITHIN", timedelta(0))

    def install(**boxes: list[tuple[Box, float]]) -> dict[str, SaysBoxes]:
        stubs = {name: SaysBoxes(name, said) for name, said in boxes.items()}
        monkeypatch.setattr(detectors, "load", stubs.__getitem__)
        return stubs

    return install


@pytest.fixture
def nothing_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.jobs.waiting_messages", lambda name: 0)

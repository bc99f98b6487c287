"""What tests of models at work share."""

import pytest

from trainer.runs import classify


@pytest.fixture(autouse=True)
def _no_model_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "_read", {})

"""The tiny format, and photos to export."""

import pytest

from tests.tiny_format import use_tiny


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny(monkeypatch)

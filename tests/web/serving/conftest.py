"""A served application that notes what reaches it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.serving.running import serving
from tests.web.serving.sample_app import Seen, make_app


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def port(data: Path, seen: Seen) -> Iterator[int]:
    with serving(make_app(seen)) as port:
        yield port
        seen.go_on.set()

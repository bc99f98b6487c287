"""The tiny format, and who asks for exports."""

import pytest
from sqlalchemy.orm import Session

from db.models import Person
from labeller.people import people
from tests.tiny_format import use_tiny


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny(monkeypatch)


@pytest.fixture
def owner(db: Session) -> Person:
    owner = people.owner(db)
    db.commit()
    return owner

"""Two labellers, Ada and Bob."""

import pytest
from sqlalchemy.orm import Session

from db.models import Person
from labeller.people import people


@pytest.fixture
def ada(db: Session) -> Person:
    return people.new_person(db, "Ada", "labeller")


@pytest.fixture
def bob(db: Session) -> Person:
    return people.new_person(db, "Bob", "labeller")

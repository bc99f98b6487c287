"""Faces to answer."""

import pytest
from sqlalchemy.orm import Session

from db.models import Face
from tests.factories import add_faces


@pytest.fixture
def faces(db: Session) -> list[Face]:
    return add_faces(db, 4)

"""Pages and lists take as many statements for many rows as for few."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from db.models import Photo
from db.session import engine
from labeller.people import people
from tests.factories import add_faces, add_live_run, add_score, fill_in_results
from tests.web.conftest import Client

MOST = {
    "/": 30,
    "/gallery": 15,
    "/gallery?view=photos": 15,
    "/agreement": 20,
    "/people": 15,
    "/upload": 15,
    "/map/progress": 10,
    "/api/v1/photos": 10,
    "/api/v1/faces": 10,
    "/api/v1/people": 10,
    "/api/v1/stats": 30,
    "/api/v1/queue?mode=review": 40,
}
"""Statements that a request may take, whatever the number of rows."""


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        executed.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    yield executed
    event.remove(engine(), "before_cursor_execute", note)


def add_people_with_faces(db: Session, count: int) -> None:
    for number in range(count):
        friend = people.new_person(db, f"Friend {number}", "friend")
        (face,) = add_faces(db, 1)
        db.get_one(Photo, face.photo_id).person_id = friend.id
    db.commit()


@pytest.mark.slow
def test_twice_the_rows_take_no_more_statements(db: Session, client: Client) -> None:
    run = add_live_run(db)
    fill_in_results(run)
    add_people_with_faces(db, 6)
    for number, face in enumerate(add_faces(db, 30)):
        add_score(db, run, face, number / 30)
    db.commit()
    grace = client("owner", "Grace")
    counts = {path: count(grace, path) for path in MOST}
    add_people_with_faces(db, 6)
    for path, most in MOST.items():
        again = count(grace, path)
        assert again <= counts[path] <= most, (path, counts[path], again)


def count(client: object, path: str) -> int:
    with statements() as executed:
        response = client.get(path)  # type: ignore[attr-defined]
    assert response.status_code == 200, path
    return len(executed)

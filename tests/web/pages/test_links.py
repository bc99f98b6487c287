"""Every link on every page leads somewhere its reader may go."""

import html
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from db.models import Person
from db.webhooks import hooks
from labeller.assignments import create
from labeller.comments import write
from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import EVERYTHING, with_tag
from labeller.people import people
from tests.clients import sign_in
from tests.example_run import add_example_run
from tests.labelled import add_labelled_faces
from tests.web.conftest import Client

pytestmark = pytest.mark.slow
REACHED = {
    "owner": {"/assignments", "/comments", "/export", "/tags", "/versions", "/webhooks", "/people/tokens"},
    "labeller": {"/comments", "/similar", "/versions", "/runs/1", "/profile"},
    "friend": {"/mine", "/upload"},
}
"""Some of the pages that a role comes to by links alone, from home on."""


@pytest.mark.parametrize("role", REACHED)
def test_links_lead_where_their_reader_may_go(client: Client, db: Session, role: str) -> None:
    faces = add_labelled_faces(db, 6)
    add_example_run(db, set())
    owner, friend = people.owner(db), people.new_person(db, "Eve", "friend")
    reader = {"owner": owner, "friend": friend}.get(role) or people.new_person(db, "Ada", "labeller")
    _fill(db, owner, reader, [face.id for face in faces])
    db.commit()
    answers = dict(_walk(sign_in(client().application, reader)))
    assert {path: status for path, status in answers.items() if status >= 400} == {}
    assert REACHED[role] - {path.partition("?")[0] for path in answers} == set()


def _fill(session: Session, owner: Person, reader: Person, faces: list[int]) -> None:
    """Something on each page that lists what the team made."""
    tag = tags.find_or_add(session, "scarf")
    tags.put_on(session, tag, tags.Targets(faces=faces[:3]))
    saved_filters.save(session, "Scarves", with_tag(tag.id))
    for name in ("First", "Second"):
        versions.make(session, name, EVERYTHING, owner)
    if reader.role != "friend":
        create.assign_selection(session, owner, reader.id, "Scarves", with_tag(tag.id))
    write.add_comment(session, owner, faces[0], "Is this a scarf?")
    hooks.add(session, hooks.Wish("https://example.org/", ["run.done"]), owner)


def _walk(client: FlaskClient) -> Iterator[tuple[str, int]]:
    """The status of each address that links lead to, from home on; scripts, pictures and archives aside."""
    waiting, known = ["/"], {"/"}
    while waiting:
        path = waiting.pop()
        answer = client.get(path, headers={"Accept": "text/html"})
        yield path, answer.status_code
        if answer.mimetype != "text/html":
            continue
        for link in re.findall(r'<a [^>]*?href="([^"#]+)', answer.text):
            target = html.unescape(link)
            if target.startswith("/") and target not in known and not target.endswith(".zip"):
                known.add(target)
                waiting.append(target)

"""The list of a person's sessions, which three pages show."""

from typing import Any

from flask import url_for

from db.models import Person
from labeller.people import sessions
from web.auth.identity import me, visitor
from web.database import db


def session_list(person: Person) -> dict[str, Any]:
    """The values of a template that shows where the person is signed in."""
    asking, own = visitor(), person.id == me().id

    def end_session_url(session_id: int) -> str:
        if own:
            return url_for("account.end_session", session_id=session_id)
        return url_for("people.end_session", person_id=person.id, session_id=session_id)

    return {
        "sessions": sessions.of_person(db(), person),
        "current_session": asking.session.id if asking else None,
        "end_session_url": end_session_url,
    }

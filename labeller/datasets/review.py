"""Sending what a filter or a tag chooses to review."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.models import Person
from labeller.datasets.sources import Selection, newest_faces
from labeller.queue.picks_by_hand import MOST, ChoiceResult, choose_faces


@dataclass(frozen=True)
class Sent:
    """What became of the newest MOST faces; `more`: whether there are others that were not looked at."""

    choice: ChoiceResult
    more: bool


def send_to_review(session: Session, person: Person, selection: Selection) -> Sent:
    """Send the newest MOST of the chosen faces. Raises BadAnswer for an unknown state or look."""
    ids = newest_faces(session, selection, MOST + 1)
    return Sent(choose_faces(session, person, ids[:MOST]), len(ids) > MOST)

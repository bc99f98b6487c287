"""On whose behalf somebody may send photos."""

from sqlalchemy.orm import Session

from db.errors import Forbidden
from db.models import Person
from labeller.people import find


def photo_subject(session: Session, sender: Person, name: str | None, *, must_consent: bool) -> Person | None:
    """The person in the photos that `sender` sends, who may name somebody else; None if nobody is named.

    Raises Forbidden unless the sender is an owner or names nobody, and if the sender still has to consent;
    for owners alone AmbiguousPerson and NotFound.
    """
    if name is not None and sender.role != "owner":
        raise Forbidden("not_the_owner", "Only the owner may send photos on a friend's behalf.")
    if must_consent:
        raise Forbidden(
            "no_consent", "You have not agreed to this yet.", "Reload the page and read it first."
        )
    if sender.role == "friend":
        return sender
    return find.named_or_new(session, name) if name else None

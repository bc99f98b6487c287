"""Who may try a model on a photo: those who label, and friends where the owner allows it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import audit
from db.errors import Forbidden
from db.models import Person, Workbench
from db.workbench import lock_workbench


def friends_may_try(session: Session) -> bool:
    """Whether the owner allows friends to try models."""
    return bool(session.scalar(select(Workbench.friends_may_try)))


def may_try(session: Session, person: Person) -> bool:
    """Whether the person may try models and keep the photos that they tried them on."""
    return person.role != "friend" or friends_may_try(session)


def require_may_try(session: Session, person: Person) -> None:
    """Raises Forbidden unless the person may try models."""
    if not may_try(session, person):
        hint = "The owner can allow it on the page “Try it”."
        raise Forbidden("may_not_try", "Friends may not try the model here.", hint)


def set_friends_may_try(session: Session, allowed: bool, by: Person) -> None:
    """Let friends try models, or no longer."""
    workbench = lock_workbench(session)
    if workbench.friends_may_try != allowed:
        workbench.friends_may_try = allowed
        audit.note(session, "trying_allowed" if allowed else "trying_forbidden", by)

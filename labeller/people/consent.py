"""What a friend agrees to. A new text gets a new version; then friends are asked again."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.base import now
from db.i18n import N_
from db.models import Event, Person
from db.settings import settings

VERSION = "2026-11"
PROMISES = (
    N_("Only the people who run this workbench see your photos."),
    N_("Place, time and camera are removed on arrival."),
    N_("You can see and delete what you sent, at any time."),
    N_("Models that learned from a deleted photo are marked; the next one learns without it."),
)
RETENTION = N_("After %(days)s days they are deleted by themselves.")
AGREEMENT = N_("My photos may be kept and used to train this model until I delete them.")


@dataclass(frozen=True)
class Wording:
    """The text that a friend reads before agreeing to it, not yet translated, and its version."""

    promises: tuple[str, ...]
    days: int | None
    agreement: str
    version: str


def wording() -> Wording:
    """The text in force, with the retention period where one is set."""
    days = settings().retention_days
    return Wording((*PROMISES, RETENTION) if days else PROMISES, days, AGREEMENT, version())


def version() -> str:
    """The version of the text in force, retention period included: a longer one needs a new consent."""
    days = settings().retention_days
    return f"{VERSION}/{days} days" if days else VERSION


def agree(session: Session, person: Person) -> None:
    """Record that the person agrees to the text in force."""
    person.consented_at, person.consent_version = now(), version()
    session.flush()
    session.add(Event(kind="consented", person_id=person.id, detail={"version": version()}))


def needed(person: Person) -> bool:
    """Whether this friend has not agreed to the text in force."""
    return person.role == "friend" and person.consent_version != version()

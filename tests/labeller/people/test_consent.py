"""Consent: asked for again when the text changes."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Event
from db.settings import settings
from labeller.people import consent, invites


def test_consent_has_a_version_and_is_asked_for_again_when_the_text_changes(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = invites.create_invite(db, "friend")
    ada = invites.accept(db, secret, "Ada", consented=True)
    assert (ada.consent_version, consent.needed(ada)) == (consent.version(), False)
    monkeypatch.setattr(settings(), "retention_days", 90)
    assert (consent.RETENTION in consent.wording().promises, consent.wording().days) == (True, 90)
    assert consent.needed(ada)
    consent.agree(db, ada)
    assert not consent.needed(ada)
    given = [event.detail["version"] for event in db.scalars(select(Event).where(Event.kind == "consented"))]
    assert given == ["2026-11", "2026-11/90 days"]

"""Passkeys (WebAuthn): an owner signs in with what unlocks the device, where the browser has it.

The library is loaded on use: it has 14 MB, and most processes never meet a passkey.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Passkey, PasskeyChallenge, Person
from db.settings import settings
from db.texts import one_line
from labeller.errors import BadAnswer, NotFound, NotInvited
from labeller.people.credentials import hashed, is_secret
from labeller.people.people import find_person

VALID = timedelta(minutes=5)
"""How long a challenge may be answered."""
MOST, LONGEST_NAME = 20, 80


@dataclass(frozen=True)
class Site:
    """The workbench as a browser sees it: its host, and its origin with scheme and port."""

    host: str
    origin: str


@dataclass(frozen=True)
class Answer:
    """What the authenticator said, and the secret of the challenge that it answers."""

    challenge_secret: object
    credential: dict[str, Any]


def begin_adding(session: Session, site: Site, person: Person) -> tuple[str, str]:
    """Secret of a new challenge, and the browser's options as JSON. Raises BadAnswer if there are MOST."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    have = session.scalars(select(Passkey).where(Passkey.person_id == person.id)).all()
    if len(have) >= MOST:
        raise BadAnswer("too_many_passkeys", f"There are {MOST} passkeys already.", "Remove one first.")
    secret, challenge = _challenge(session, person)
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Second Look",
        user_id=_handle(person),
        user_name=person.name,
        challenge=challenge,
        timeout=int(VALID.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in have
        ],
    )
    return secret, options_to_json(options)


def add(session: Session, site: Site, person: Person, answer: Answer, name: str) -> Passkey:
    """A new passkey of the person. Raises BadAnswer. The challenge is used up, and committed as such."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _take_challenge(session, answer.challenge_secret, person)
    if challenge is None:
        raise _not_added()
    try:
        verified = webauthn.verify_registration_response(
            credential=answer.credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError) as error:
        raise _not_added() from error
    credential_id = bytes_to_base64url(verified.credential_id)
    if session.scalar(select(func.count()).where(Passkey.credential_id == credential_id)):
        raise _not_added()
    passkey = Passkey(
        credential_id=credential_id,
        public_key=verified.credential_public_key,
        uses=verified.sign_count,
        person_id=person.id,
        name=one_line(name, LONGEST_NAME),
    )
    session.add(passkey)
    session.flush()
    session.add(Event(kind="passkey_added", person_id=person.id, detail={"passkey": passkey.id}))
    return passkey


def begin_sign_in(session: Session, site: Site) -> tuple[str, str]:
    """The secret of a new challenge, and the browser's options as JSON. They name no account."""
    import webauthn
    from webauthn.helpers import options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    secret, challenge = _challenge(session, None)
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=int(VALID.total_seconds() * 1000),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return secret, options_to_json(options)


def sign_in(session: Session, site: Site, answer: Answer) -> Person:
    """The owner whose passkey signed the challenge, which is used up, and committed as such.

    Raises NotInvited, also if the passkey's counter shows that it was copied.
    """
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _take_challenge(session, answer.challenge_secret, None)
    named = answer.credential.get("id")
    query = select(Passkey).where(Passkey.credential_id == named)
    passkey = session.scalar(query) if isinstance(named, str) else None
    if passkey is None or challenge is None:
        raise _refused()
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError) as error:
        raise _refused() from error
    unchanged = Passkey.id == passkey.id, Passkey.uses == passkey.uses  # nobody was faster with a copy
    counted = update(Passkey).where(*unchanged).values(uses=verified.new_sign_count, used_at=now())
    result = session.execute(counted)
    assert isinstance(result, CursorResult)
    person = find_person(session, passkey.person_id)
    if not result.rowcount or person is None or person.role != "owner":
        raise _refused()
    return person


def of_person(session: Session, person: Person) -> list[Passkey]:
    """The person's passkeys, newest first."""
    query = select(Passkey).where(Passkey.person_id == person.id)
    return list(session.scalars(query.order_by(Passkey.id.desc())))


def rename(session: Session, passkey_id: int, person: Person, name: str) -> None:
    """Set the name of one of the person's passkeys. Raises NotFound."""
    _own(session, passkey_id, person).name = one_line(name, LONGEST_NAME)


def remove(session: Session, passkey_id: int, person: Person) -> None:
    """Delete one of the person's passkeys; their sessions go on. Raises NotFound."""
    session.delete(_own(session, passkey_id, person))
    session.add(Event(kind="passkey_removed", person_id=person.id, detail={"passkey": passkey_id}))


def _own(session: Session, passkey_id: int, person: Person) -> Passkey:
    query = select(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person.id)
    passkey = session.scalar(query)
    if passkey is None:
        raise NotFound("no_such_passkey", "There is no such passkey.")
    return passkey


def _challenge(session: Session, person: Person | None) -> tuple[str, bytes]:
    secret, challenge = secrets.token_urlsafe(32), secrets.token_bytes(32)
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now()))
    row = PasskeyChallenge(
        secret_hash=hashed(secret),
        challenge=challenge,
        person_id=person.id if person else None,
        expires_at=now() + VALID,
    )
    session.add(row)
    return secret, challenge


def _take_challenge(session: Session, secret: object, person: Person | None) -> bytes | None:
    """The challenge of this secret, for this person or for signing in. It works once, so this commits."""
    if not isinstance(secret, str) or not is_secret(secret):
        return None
    asker = PasskeyChallenge.person_id == person.id if person else PasskeyChallenge.person_id.is_(None)
    named = delete(PasskeyChallenge).where(PasskeyChallenge.secret_hash == hashed(secret), asker)
    taken = session.execute(named.returning(PasskeyChallenge.challenge, PasskeyChallenge.expires_at)).first()
    session.commit()
    return taken.challenge if taken is not None and taken.expires_at > now() else None


def _handle(person: Person) -> bytes:
    """The name of the account within the authenticator. Of this workbench only: a device replaces a passkey
    of the same host and name, and two workbenches may share a host."""
    return hmac.digest(settings().signing_key().encode(), f"passkey of {person.id}".encode(), hashlib.sha256)


def _not_added() -> BadAnswer:
    return BadAnswer("passkey_not_added", "The passkey was not added.", "Reload the page and try again.")


def _refused() -> NotInvited:
    hint = "Try again, or use a sign-in link."
    return NotInvited("passkey_refused", "This passkey does not sign you in.", hint)

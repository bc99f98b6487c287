"""What signs people in: sessions of browsers, bearer tokens and passkeys. Secrets are stored as hashes."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class BrowserSession(Base):
    """A browser that is signed in. Its cookie holds a random secret, of which this is the hash."""

    __tablename__ = "browser_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    """The person's role when it began; in another role they have to sign in again."""
    link_version: Mapped[int]
    """The number of the person's personal link when it began; replacing the link ends it."""
    how: Mapped[str]
    """How it began, one of `labeller.people.sessions.How`."""
    device: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    """The last request, to the minute."""
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    # Ids are never reused, or the button of an old page would end another session.
    __table_args__ = ({"sqlite_autoincrement": True},)


class Token(Base):
    """A bearer token of the JSON API."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    """The person's role when it was issued; in another role it is no longer valid."""
    scope: Mapped[str] = mapped_column(default="all")
    """What it may be used for, one of `labeller.people.credentials.SCOPES`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
    """The last request, to the minute."""
    expires_at: Mapped[datetime | None]
    """None for those that were issued before tokens expired."""
    revoked_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential of an owner."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    credential_id: Mapped[str] = mapped_column(unique=True)
    """As base64url, by which the browser names it."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    uses: Mapped[int]
    """The authenticator's counter; one that does not grow is a copy. 0 for those that do not count."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]

    __table_args__ = ({"sqlite_autoincrement": True},)


class PasskeyChallenge(Base):
    """Random bytes that an authenticator has to sign; deleted when they are used."""

    __tablename__ = "passkey_challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    """Of the secret that names it in the cookie of the browser that asked."""
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """Who adds a passkey; None for signing in."""
    expires_at: Mapped[datetime] = mapped_column(index=True)

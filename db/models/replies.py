"""What POSTs of the API were answered with, so that the same one again is answered and not done again."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class KeptReply(Base):
    """A POST with an `Idempotency-Key`: one that is at work, or was answered."""

    __tablename__ = "kept_reply"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(primary_key=True)
    """Of the key, which opens `sealed`, and is not stored itself."""
    request_hash: Mapped[str]
    """Of the address and of all that was sent."""
    begun_at: Mapped[datetime] = mapped_column(default=now, index=True)
    """Also tells whether the row is still that of the request which began it."""
    carried_out: Mapped[bool] = mapped_column(default=False)
    """Whether the request has committed anything; set in the same transaction."""
    status: Mapped[int | None]
    """The HTTP status; None while it is at work, and for good if its process was killed."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The body, encrypted: it may hold a secret that is shown once. None also if it was forgotten."""

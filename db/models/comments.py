"""Notes of the team on faces."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, now
from db.models.people import Person
from db.models.photos import Face

_OPEN = text("answers_id IS NULL AND resolved_at IS NULL")


class Comment(Base):
    """A note on a face, or an answer to one. It goes with its face and with whoever wrote it."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="SET NULL"), index=True)
    """The note that it answers; None for a note. Answers to a note that is deleted become notes."""
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    resolved_at: Mapped[datetime | None]
    """When somebody called the note resolved; None while it is open, and for answers."""
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    face: Mapped[Face] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)

    __table_args__ = (
        Index("ix_comment_face", "face_id", "id"),
        Index("ix_comment_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        {"sqlite_autoincrement": True},
    )

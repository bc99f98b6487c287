"""Faces that one person is asked to answer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, now
from db.models.people import Person


class Assignment(Base):
    """A named list of faces, fixed when it is made, for one person."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    """Who is to answer."""
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship(foreign_keys=person_id)

    __table_args__ = ({"sqlite_autoincrement": True},)


class AssignedFace(Base):
    """A face of an assignment, and whether somebody has answered it since."""

    __tablename__ = "assigned_face"

    assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True
    )
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int]
    """Its place in the list; the first comes first."""
    open: Mapped[bool] = mapped_column(default=True)
    """False once somebody has answered it; true again when that is taken back."""
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    __table_args__ = (
        Index("ix_assigned_face_face", "face_id"),
        Index(
            "ix_assigned_face_open",
            "assignment_id",
            "rank",
            sqlite_where=text("open = 1"),
            postgresql_where=text("open"),
        ),
    )

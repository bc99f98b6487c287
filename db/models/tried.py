"""What is noted of photos that models are tried on. The photos themselves are not kept."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class TriedLook(Base):
    """How much the faces of one tried photo resemble those that the model learned from; says not whose."""

    __tablename__ = "tried_look"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=now)
    similarity: Mapped[float]
    """Of its least familiar face: the cosine to the most similar face that the run learned from."""
    faces: Mapped[int]
    """How many faces it has; at least one."""

    __table_args__ = ({"sqlite_autoincrement": True},)

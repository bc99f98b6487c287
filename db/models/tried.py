"""What is noted of photos that the live model is tried on. The photos themselves are not kept."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class TriedLook(Base):
    """Whether one tried photo looked unusual to the live model: one bit, which says nothing of who is in it.

    A similarity would compare with those of other runs only if these had learned from the same faces.
    """

    __tablename__ = "tried_look"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    unusual: Mapped[bool]
    """Whether its largest face is less similar to each learned face than 95 % of these are to each other."""

    __table_args__ = (Index("ix_tried_look_run_id", "run_id", "id"), {"sqlite_autoincrement": True})

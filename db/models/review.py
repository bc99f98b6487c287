"""What review and the map show of each face: scores, picks and places; to whom it was shown last."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, now
from db.models.photos import Face

_OPEN: dict[str, Any] = {"sqlite_where": text("open = 1"), "postgresql_where": text("open")}


class Score(Base):
    """A face's calibrated class probabilities under one run, in the run's class order."""

    __tablename__ = "score"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    box_version: Mapped[int]
    probabilities: Mapped[list[Any]]
    label: Mapped[str]
    margin: Mapped[float]
    """Best minus second-best probability: small where the model is least sure."""
    open: Mapped[bool] = mapped_column(default=True)
    """False if review need not look at it: the face's answer says the same, or came after the run. It may be
    true for other such faces; false ones keep the queue short."""

    __table_args__ = (
        Index("ix_score_margin", "run_id", "margin", "face_id", **_OPEN),
        Index("ix_score_label", "run_id", "label", "margin", "face_id", **_OPEN),
        Index("ix_score_face", "face_id"),
    )


class Pick(Base):
    """A face chosen for review, and the reason."""

    __tablename__ = "pick"

    id: Mapped[int] = mapped_column(primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    """The run whose scores chose it; None if it was chosen without a model or by hand."""
    rank: Mapped[int] = mapped_column("place")
    """Its rank among the picks of its run; faces chosen by hand come before all others."""
    reason: Mapped[str]
    """typical, uncertain, novel, control, weak_class, weak_person, box, or chosen (by hand)."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Values for the text of the reason, as in a `db.messages.Message`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    open: Mapped[bool] = mapped_column(default=True)
    """False if the face has been answered since, as in `Score.open`."""
    face: Mapped[Face] = relationship()

    __table_args__ = (
        Index("ix_pick_place", "run_id", "place"),
        Index("ix_pick_open", "run_id", "place", **_OPEN),
    )


class Spot(Base):
    """The position of a face on the face map, where similar faces are close together."""

    __tablename__ = "spot"

    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    x: Mapped[float]
    y: Mapped[float]


class Lease(Base):
    """The person to whom a face was last shown; it is shown to nobody else before `until`."""

    __tablename__ = "lease"

    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    seen_at: Mapped[datetime]
    until: Mapped[datetime]
    blind: Mapped[bool] = mapped_column(default=False)
    """Whether it was shown without the answers of others."""

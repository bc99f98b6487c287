"""Photos that a model is asked about and that are not kept, alone or as a batch."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, Job, now


class PredictionBatch(Job, Base):
    """Photos that one person sent together; kept for an hour, for whoever sent them."""

    __tablename__ = "prediction_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    items: Mapped[list["Prediction"]] = relationship(order_by="Prediction.id")

    # Whoever deleted a batch never sees another one at its address.
    __table_args__ = ({"sqlite_autoincrement": True},)


class Prediction(Base):
    """One photo and what the model sees in it. Its picture is deleted once it has been answered."""

    __tablename__ = "prediction"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int | None] = mapped_column(
        ForeignKey("prediction_batch.id", ondelete="CASCADE"), index=True
    )
    """None for a photo whose sender waits for the answer."""
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    name: Mapped[str] = mapped_column(default="")
    """Of the file, as it was sent in a batch."""
    picture: Mapped[str | None]
    """Name of the stored file with its pixels (`db.predictions`); None once it is deleted."""
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(default="queued")
    """queued; detected: another worker classifies the faces; done; failed."""
    faces: Mapped[list[Any] | None]
    """Of each: box, confidence, label, probabilities by class name."""
    error: Mapped[dict[str, Any] | None]
    """code, message and hint for the sender, if it failed."""
    deadline: Mapped[datetime]
    """When its sender has given up."""

    __table_args__ = ({"sqlite_autoincrement": True},)

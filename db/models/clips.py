"""Videos that were sent for the faces in them, while they wait and afterwards."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Job, now


class Clip(Job, Base):
    """A video of which some frames become photos. Its file is kept only until that is over."""

    __tablename__ = "clip"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    """Of the bytes as sent."""
    blob: Mapped[str | None] = mapped_column(index=True)
    """The file; None once the clip is done or has failed."""
    stored_bytes: Mapped[int]
    """Of the file, as long as it is kept."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """Who is in it."""
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    progress: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    # A page may still ask for one that is gone: no id is used twice.
    __table_args__ = ({"sqlite_autoincrement": True},)


class ClipPhoto(Base):
    """That a photo is a frame of a clip: all photos of a clip are in one group of the split."""

    __tablename__ = "clip_photo"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    clip_id: Mapped[int] = mapped_column(ForeignKey("clip.id", ondelete="CASCADE"), index=True)

"""Files of photos and labels that somebody asked for, while they are made and kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Job, now


class Export(Job, Base):
    """A dataset in some format that a worker makes, as one zip file. Its row is in no backup."""

    __tablename__ = "export"

    id: Mapped[int] = mapped_column(primary_key=True)
    format: Mapped[str]
    """Its name in `labeller.formats`."""
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Which photos: {} for all, or what `labeller.exports.sources` reads."""
    crops: Mapped[bool] = mapped_column(default=False)
    """A crop of each face instead of whole photos."""
    names: Mapped[bool] = mapped_column(default=False)
    """Whether people are called by their names, or else by their ids."""
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    progress: Mapped[float] = mapped_column(default=0.0)
    file: Mapped[str | None]
    """The name of the stored file; None until it is done, and once it is gone."""
    size: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes of the file."""
    photo_ids: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """Of the photos in the file, as `db.id_sets` packs them: erasure looks for them."""
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is in it and what the format cannot carry, see `labeller.exports.report`."""
    gone: Mapped[str | None]
    """Why a finished export has no file any more: `expired`, or `erased` with something that was in it."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """When the file is deleted."""

    # Files are named after the row's id, so that no id is used twice.
    __table_args__ = ({"sqlite_autoincrement": True},)

"""Datasets that a worker imports, and what its reports say. None of it is in a backup."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Job, now


class Import(Job, Base):
    """A dataset that somebody sent. Its archive is kept only until the import is over."""

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    """As its sender calls it."""
    stored: Mapped[str | None]
    """The name of the archive among the stored files; None once it is deleted."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of the archive."""
    format: Mapped[str | None]
    """None until it has been found out."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the sender said of the dataset; see `labeller.imports.options`."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """Who is in the photos of which the dataset does not say it."""
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    progress: Mapped[float] = mapped_column(default=0.0)
    position: Mapped[int] = mapped_column(default=0)
    """How many records of the dataset are dealt with; an attempt after a kill goes on behind them."""
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Photos that are new and known, faces, and the lines of each kind, also those that are not kept."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    # A page may still ask for one that is gone: no id is used twice.
    __table_args__ = ({"sqlite_autoincrement": True},)


class ImportLine(Base):
    """A line of a report. It goes with the photo that it is about."""

    __tablename__ = "import_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id", ondelete="CASCADE"))
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), index=True)
    """The photo, if there is one."""
    remark: Mapped[str]
    """skipped, conflict, changed or note."""
    file: Mapped[str]
    place: Mapped[str]
    message: Mapped[str]

    __table_args__ = (Index("ix_import_line_remark", "import_id", "remark", "id"),)


class ImportPhoto(Base):
    """That a photo is in an import, and the name that it has there first."""

    __tablename__ = "import_photo"

    import_id: Mapped[int] = mapped_column(ForeignKey("import.id", ondelete="CASCADE"), primary_key=True)
    photo_id: Mapped[int] = mapped_column(
        ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    name: Mapped[str]

"""Backups that the workbench keeps, and files whose deletion waits for a backup."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Job, now


class Backup(Job, Base):
    """A backup that a worker makes and the workbench keeps. Its row is in no backup."""

    __tablename__ = "backup"

    id: Mapped[int] = mapped_column(primary_key=True)
    scheduled: Mapped[bool] = mapped_column(default=False)
    """Whether the schedule asked for it, or else an owner."""
    progress: Mapped[float] = mapped_column(default=0.0)
    file: Mapped[str | None]
    """Its name on the shelf; None until it is done, and once its file is deleted."""
    size: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes."""
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is in it, by kind: photos, faces, answers, runs; and how many files were missing."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    # A file is named after its row's id, so that no id is used twice.
    __table_args__ = ({"sqlite_autoincrement": True},)


class BlobHold(Base):
    """While a backup reads stored files, none is deleted. See `db.blob_hold`."""

    __tablename__ = "blob_hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class DoomedBlob(Base):
    """A stored file that should be deleted once no backup reads it any more, unless a row names it again.

    A file may have several: if `key` were unique, two transactions that note the same file would wait for
    each other, with rows locked that the other one needs.
    """

    __tablename__ = "doomed_blob"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]

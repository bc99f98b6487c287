"""Named parts of the data: tags, saved filters, and versions, which are frozen."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class Tag(Base):
    """A word that people put on photos and faces."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    """The name as `db.classes.comparable` writes it: no two tags look the same."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    # A saved page may still name one that is gone: no id is used twice.
    __table_args__ = ({"sqlite_autoincrement": True},)


class Tagging(Base):
    """That a tag is on a photo, or on one face of it."""

    __tablename__ = "tagging"

    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 for the photo itself, else the id of its face. Of a tag's photos, pages read one after the other."""
    face_id: Mapped[int | None] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"))

    __table_args__ = (Index("ix_tagging_photo", "photo_id", "part"), Index("ix_tagging_face", "face_id"))


class SavedFilter(Base):
    """A named filter of the gallery, evaluated anew each time. It names things by their ids."""

    __tablename__ = "saved_filter"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    """The name as `db.classes.comparable` writes it."""
    view: Mapped[str]
    """What it shows, faces or photos."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    class_id: Mapped[int | None] = mapped_column(ForeignKey("class.id"))
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"), index=True)
    state: Mapped[str | None]
    look: Mapped[str | None]
    since: Mapped[date | None]
    until: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = ({"sqlite_autoincrement": True},)


class FrozenPhoto(Base):
    """A state that a photo was in when a version was made; versions with the same state share the row."""

    __tablename__ = "frozen_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), index=True)
    split: Mapped[str]
    complete: Mapped[bool]
    """Whether every face in it had a box, as somebody had said."""

    # Versions name the rows by ids: none is used twice.
    __table_args__ = ({"sqlite_autoincrement": True},)


class FrozenFace(Base):
    """A state that a face was in when a version was made; versions with the same state share the row."""

    __tablename__ = "frozen_face"

    id: Mapped[int] = mapped_column(primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    x: Mapped[float]
    y: Mapped[float]
    w: Mapped[float]
    h: Mapped[float]
    box_version: Mapped[int]
    state: Mapped[str]
    class_id: Mapped[int | None] = mapped_column(ForeignKey("class.id"))
    disputed: Mapped[bool]

    __table_args__ = ({"sqlite_autoincrement": True},)


class DatasetVersion(Base):
    """A frozen set of photos and faces, made by hand or by a run. Erasing a photo takes it out."""

    __tablename__ = "dataset_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    """None for the set that a run collected."""
    key: Mapped[str | None] = mapped_column(unique=True)
    """The name as `db.classes.comparable` writes it."""
    note: Mapped[str] = mapped_column(default="")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    photos: Mapped[int]
    faces: Mapped[int]
    """How many photos and boxes it was made of."""
    labels: Mapped[dict[str, Any]]
    """How many of its faces can be trained on, outside of the locked set, by the id of their class."""
    splits: Mapped[dict[str, Any]]
    """How many photos it was made of, by split."""
    photos_gone: Mapped[int] = mapped_column(default=0)
    faces_gone: Mapped[int] = mapped_column(default=0)
    """How many of these have been erased since."""
    photo_ids: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    face_ids: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The ids of its rows of `frozen_photo` and `frozen_face`, as `db.id_sets` packs them."""

    __table_args__ = ({"sqlite_autoincrement": True},)

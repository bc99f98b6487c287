"""Photos, the faces in them, and the answers of people."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, UniqueConstraint, and_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, Job, Unindexed, now
from db.models.people import Person

SPLITS = ("train", "validation", "locked")


def _partial(name: str, where: str, *columns: str) -> Index:
    """An index by `columns`, or by id, of the rows that match.

    SQLite uses it only where a query says so letter by letter: a boolean as `= 1`, no parameters.
    """
    on_postgres = where.replace(" = 1", "").replace("IS 0", "IS FALSE").replace("IS 1", "IS TRUE")
    return Index(name, *(columns or ("id",)), sqlite_where=text(where), postgresql_where=text(on_postgres))


class Group(Base):
    """Photos that must stay on one side of the split: of one person, or near duplicates of each other."""

    __tablename__ = "group"

    id: Mapped[int] = mapped_column(primary_key=True)
    split: Mapped[str]


NOT_LOCKED: ColumnElement[bool] = Group.split != "locked"
"""Faces of the locked set may not be chosen for an answer, since models are measured on them."""


class Photo(Job, Base):
    """An upright, metadata-free photo. While it is being erased its status is `erasing`."""

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str | None]
    """Of the bytes as sent. None for an exact copy of another photo, which merging two people can leave."""
    blob: Mapped[str]
    view_blob: Mapped[str]
    """A rendition of at most 1024 px, longer only for a strip, which the detectors and the pages use."""
    stored_bytes: Mapped[int | None] = mapped_column("bytes")
    """Of both pictures together; None until the hourly tidy has measured a photo of an earlier version."""
    width: Mapped[int]
    height: Mapped[int]
    dhash: Mapped[bytes] = mapped_column(LargeBinary)
    repeat_id: Mapped[int | None] = mapped_column(index=True)
    """The same for all near duplicates of each other: the id of the first of them; None if it has none."""
    group_id: Mapped[int] = mapped_column(ForeignKey("group.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    folder_label: Mapped[str | None]
    """The class named by its import folder: the answer for the single obvious face in it."""
    import_path: Mapped[str | None]
    """The file it was last imported from."""
    conflicting_label: Mapped[str | None]
    """Another class in whose folder the same import found the same bytes: its face is disputed."""
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    erase_at: Mapped[datetime | None]
    """The time until which an `erasing` photo can be restored."""
    completed_at: Mapped[datetime | None]
    """When somebody marked the photo as complete: every face has a box. Detector recall uses such photos."""
    completed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    turn: Mapped[int] = mapped_column(default=0)
    """Degrees clockwise by which it seems to need a turn, for somebody to confirm: 90, 180, 270, or 0."""
    turned: Mapped[int] = mapped_column(default=0)
    """Degrees clockwise by which it was turned here; pages put it into the addresses of its pictures."""
    tried_run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    """The run whose model somebody tried on it before keeping it: chosen by hand, so measured apart."""
    group: Mapped[Group] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=person_id)
    faces: Mapped[list["Face"]] = relationship(
        back_populates="photo", order_by="Face.id", passive_deletes=True
    )

    # The same bytes are stored once for each person.
    __table_args__ = (
        UniqueConstraint("person_id", "sha256", name="uq_photo_person_id_sha256"),
        Index(
            "uq_photo_sha256",
            "sha256",
            unique=True,
            sqlite_where=text("person_id IS NULL"),
            postgresql_where=text("person_id IS NULL"),
        ),
        Index("ix_photo_kept", "uploaded_by", "status", "bytes"),
        Index("ix_photo_blob", "blob"),
        Index("ix_photo_view_blob", "view_blob"),
        Index(
            "ix_photo_unmeasured",
            "id",
            sqlite_where=text("bytes IS NULL"),
            postgresql_where=text("bytes IS NULL"),
        ),
        Index("ix_photo_sha256", "sha256"),
        Index("ix_photo_person", "person_id", "id"),
        Index("ix_photo_person_group", "person_id", "group_id"),
        Index("ix_photo_uploaded_by", "uploaded_by", "id"),
        Index("ix_photo_in_order", "status", "id"),
        _partial("ix_photo_complete", "completed_at IS NOT NULL"),
        _partial("ix_photo_incomplete", "completed_at IS NULL"),
        _partial("ix_photo_repeats", "repeat_id IS NOT NULL"),
        _partial("ix_photo_turned", "turned != 0"),
        {"sqlite_autoincrement": True},
    )


READY: ColumnElement[bool] = Unindexed(Photo.status) == "ready"
SHOWN: ColumnElement[bool] = Photo.status != "erasing"
"""Photos that pages and queries include: all but those being erased."""


class Face(Base):
    """A box in photo pixels, with the state and label computed from its answers."""

    __tablename__ = "face"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    x: Mapped[float]
    y: Mapped[float]
    w: Mapped[float]
    h: Mapped[float]
    box_version: Mapped[int] = mapped_column(default=1)
    source: Mapped[str]
    """The detector that proposed it, the first of DETECTORS if that found it; `human`: somebody drew it."""
    confidence: Mapped[float | None]
    """That of `source`. Confidences of two detectors cannot be compared."""
    confirmed_by: Mapped[list[Any]] = mapped_column(default=list)
    """The other detectors that found it."""
    keypoints: Mapped[dict[str, Any] | None]
    proposed_box: Mapped[list[Any]]
    """The box before anybody moved it; undoing every adjustment restores it."""
    state: Mapped[str] = mapped_column(default="proposed")
    label: Mapped[str | None]
    doubtful: Mapped[bool] = mapped_column(default=False)
    """Unlikely to be a face: offered after all others, and drawn fainter."""
    hidden: Mapped[bool] = mapped_column(default=False)
    """Almost certainly no face: offered only in a sample."""
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    disputed: Mapped[bool] = mapped_column(default=False)
    """Two people answered differently and independently; it is not trained on until somebody settles that."""
    opinions_wanted: Mapped[int] = mapped_column("wanted", default=1)
    """How many independent answers it should get."""
    opinions: Mapped[int] = mapped_column(default=0)
    """How many independent answers there are."""
    waiting: Mapped[bool] = mapped_column(default=True)
    """Undecided, or with fewer independent answers than wanted."""
    gold: Mapped[bool] = mapped_column(default=False)
    """The owner confirmed its label: new labellers are measured on it and cannot change it by accident."""
    version: Mapped[int] = mapped_column(default=0)
    """Counts writes; writing it first locks the row on both engines."""
    photo: Mapped[Photo] = relationship(back_populates="faces")

    __table_args__ = (
        _partial("ix_face_waiting", "waiting = 1 AND hidden IS 0", "opinions", "doubtful", "id"),
        _partial("ix_face_second", "waiting = 1 AND opinions > 0", "doubtful", "id", "decided_by"),
        _partial("ix_face_several_opinions", "opinions > 1"),
        _partial("ix_face_gold", "gold = 1"),
        _partial("ix_face_disputed", "disputed = 1"),
        _partial("ix_face_doubtful", "doubtful = 1"),
        Index("ix_face_photo", "photo_id", "doubtful", "state"),
        Index("ix_face_state", "state", "id"),
        Index("ix_face_label", "label", "id"),
        {"sqlite_autoincrement": True},
    )

    @property
    def undecided(self) -> bool:
        """Whether it is a proposal of a detector that nobody has decided on."""
        return self.source != "human" and self.state == "proposed" and self.decided_at is None

    @property
    def offered(self) -> bool:
        """Whether pages show it; only hidden proposals are left out."""
        return self.state != "proposed" or not self.hidden

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(x, y, width, height) in pixels of the upright photo."""
        return (self.x, self.y, self.w, self.h)


class DetectorPass(Base):
    """What one detector sees in a photo; without `boxes` it is still looking, or was stopped."""

    __tablename__ = "detector_pass"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    detector: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(default=now)
    seconds: Mapped[float | None]
    """How long it looked; None for the passes of versions that did not record it."""
    boxes: Mapped[list[Any] | None]
    """[x, y, w, h, confidence] of each detection, in pixels of the photo, most confident first."""

    __table_args__ = (Index("ix_detector_pass_lately", "detector", "started_at"),)


class Answer(Base):
    """A person's answer about a face. Append-only: an undo marks an answer, a redo removes the mark."""

    __tablename__ = "answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_key: Mapped[str] = mapped_column(unique=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    label: Mapped[str | None]
    box: Mapped[list[Any] | None]
    seconds: Mapped[float | None]
    informed: Mapped[bool] = mapped_column(default=False)
    """Whether the person had seen the answers of others; such an answer settles a dispute."""
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("answer.id", ondelete="CASCADE"))
    """The answer that an undo reverts, or the undo that a redo reverts."""
    undone_at: Mapped[datetime | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))
    """The first run that was trained with it; None for a new answer."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    face: Mapped[Face] = relationship()

    __table_args__ = (
        _partial("ix_answer_new", "run_id IS NULL"),
        _partial("ix_answer_undoes", "undoes_id IS NOT NULL", "undoes_id"),
        Index("ix_answer_person", "person_id", "id"),
    )


STANDING: ColumnElement[bool] = and_(Answer.kind.not_in(("undo", "redo")), Answer.undone_at.is_(None))
"""Answers that count: all but undone ones and the undos and redos themselves."""

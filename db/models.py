"""The rows. They are the truth; what travels through the broker is only a nudge to look at them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import OPEN, Base, Job, now

ROLES = ("owner", "labeller", "friend")
SPLITS = ("train", "validation", "locked")


class Person(Base):
    """Somebody invited: they label, or they gave photos, or they own the workbench."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    consented_at: Mapped[datetime | None]
    consent_version: Mapped[str | None]
    """Which text they agreed to, see `labeller.consent`."""
    invite_id: Mapped[int | None] = mapped_column(ForeignKey("invite.id", ondelete="SET NULL"))
    """The link they came by."""
    link_version: Mapped[int] = mapped_column(default=1)
    """Counts the personal links they were given; only the newest one signs in."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """Whom this person turned out to be: their link and tokens go on working, as the other's."""
    erasing_at: Mapped[datetime | None]
    """Since when they are being erased; nothing of them is shown any more."""

    # An id is never given out twice, or an old cookie or link would sign in a stranger.
    __table_args__ = ({"sqlite_autoincrement": True},)


class Invite(Base):
    """A link that makes a person, or lets a known one in (`person_id`). The token is kept hashed."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE", use_alter=True, name="fk_invite_person_id_person")
    )
    note: Mapped[str] = mapped_column(default="")
    uses: Mapped[int] = mapped_column(default=0)
    uses_left: Mapped[int]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Token(Base):
    """A bearer token of the JSON API, kept hashed."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Group(Base):
    """Photos that must stay on one side of the split: of one person, or near repeats of another."""

    __tablename__ = "group"

    id: Mapped[int] = mapped_column(primary_key=True)
    split: Mapped[str]


class Photo(Job, Base):
    """An upright, metadata-free photo. While it is being erased its status is `erasing`."""

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str | None]
    """Of the bytes as sent. None on the exact twin of another photo, once two people were merged."""
    blob: Mapped[str]
    view_blob: Mapped[str]
    """A rendition of at most 1024 px: what the detector and the pages look at."""
    width: Mapped[int]
    height: Mapped[int]
    dhash: Mapped[bytes] = mapped_column(LargeBinary)
    repeat_id: Mapped[int | None] = mapped_column(index=True)
    """Shared by near repeats of each other: the id of the first of them; None without any."""
    group_id: Mapped[int] = mapped_column(ForeignKey("group.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    folder_label: Mapped[str | None]
    """The class its import folder named: the answer for its one obvious face."""
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    erase_at: Mapped[datetime | None]
    """Until when an `erasing` photo can still be had back."""
    group: Mapped[Group] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=person_id)
    faces: Mapped[list["Face"]] = relationship(
        back_populates="photo", order_by="Face.id", passive_deletes=True
    )

    # The same bytes are the same photo, for each person in it.
    __table_args__ = (
        UniqueConstraint("person_id", "sha256", name="uq_photo_person_id_sha256"),
        Index(
            "uq_photo_sha256",
            "sha256",
            unique=True,
            sqlite_where=text("person_id IS NULL"),
            postgresql_where=text("person_id IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )


class Face(Base):
    """A box in photo pixels with the state that its answers, folded, give it."""

    __tablename__ = "face"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), index=True)
    x: Mapped[float]
    y: Mapped[float]
    w: Mapped[float]
    h: Mapped[float]
    box_version: Mapped[int] = mapped_column(default=1)
    source: Mapped[str]
    confidence: Mapped[float | None]
    keypoints: Mapped[dict[str, Any] | None]
    proposed_box: Mapped[list[Any]]
    """The box before anybody moved it: what undoing every adjustment returns to."""
    state: Mapped[str] = mapped_column(default="proposed")
    label: Mapped[str | None]
    doubtful: Mapped[bool] = mapped_column(default=False)
    """The detector is not sure that this is a face: offered after all others, and fainter."""
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    disputed: Mapped[bool] = mapped_column(default=False)
    """Two people gave different answers that both stand."""
    version: Mapped[int] = mapped_column(default=0)
    """Counts writes; writing it first locks the row on both engines."""
    photo: Mapped[Photo] = relationship(back_populates="faces")

    __table_args__ = (
        Index(
            "ix_face_waiting",
            "doubtful",
            "id",
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index("ix_face_state", "state", "label", "id"),
        Index("ix_face_disputed", "id", sqlite_where=text("disputed"), postgresql_where=text("disputed")),
        {"sqlite_autoincrement": True},
    )

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(x, y, width, height) in pixels of the upright photo."""
        return (self.x, self.y, self.w, self.h)


class Answer(Base):
    """What a person said of a face. Append-only: an undo marks, nothing is removed."""

    __tablename__ = "answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_key: Mapped[str] = mapped_column(unique=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    label: Mapped[str | None]
    box: Mapped[list[Any] | None]
    seconds: Mapped[float | None]
    undone_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    face: Mapped[Face] = relationship()


class Lease(Base):
    """Who was last shown a face, and until when nobody else is."""

    __tablename__ = "lease"

    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    seen_at: Mapped[datetime]
    until: Mapped[datetime]


class Embedding(Base):
    """Pooled backbone features of one crop: 1280 float16, little-endian."""

    __tablename__ = "embedding"

    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    box_version: Mapped[int] = mapped_column(primary_key=True)
    backbone: Mapped[str] = mapped_column(primary_key=True)
    view: Mapped[int] = mapped_column(primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class Run(Job, Base):
    """One training: recipe and manifest in, metrics and a model out."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipe: Mapped[dict[str, Any]]
    seed: Mapped[int]
    phase: Mapped[str] = mapped_column(default="waiting")
    progress: Mapped[float] = mapped_column(default=0.0)
    manifest: Mapped[str | None]
    """Key of the blob that lists faces, boxes, labels and splits: the SHA-256 of the dataset."""
    backbone: Mapped[str | None]
    classes: Mapped[list[Any]]
    curve: Mapped[list[Any]] = mapped_column(default=list)
    """Per epoch: {"epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"}."""
    metrics: Mapped[dict[str, Any] | None]
    head: Mapped[dict[str, Any] | None]
    """{"kernel": [[...]], "bias": [...], "temperature": t}: what scores a face."""
    keras_blob: Mapped[str | None]
    litert_blob: Mapped[str | None]
    promoted: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]
    erased: Mapped[int] = mapped_column(default=0)
    """Faces it learned from or was measured on that have been erased since."""
    retired_at: Mapped[datetime | None]
    """Since when its model is deleted, because a person in it was erased."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    # One waits and one runs at most; the database holds to it, whoever asks.
    __table_args__ = tuple(
        Index(
            f"uq_run_{status}", "status", unique=True, sqlite_where=text(where), postgresql_where=text(where)
        )
        for status, where in ((status, f"status = '{status}'") for status in OPEN)
    )


class Workbench(Base):
    """The one row of what the whole workbench agrees on."""

    __tablename__ = "workbench"

    id: Mapped[int] = mapped_column(primary_key=True)
    live_run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    live_run: Mapped[Run | None] = relationship()


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

    __table_args__ = (
        Index("ix_score_margin", "run_id", "margin", "face_id"),
        Index("ix_score_face", "face_id"),
    )


class Prediction(Job, Base):
    """A photo to be judged by the live model and forgotten: one worker detects, the next classifies."""

    __tablename__ = "prediction"

    id: Mapped[int] = mapped_column(primary_key=True)
    blob: Mapped[str]
    view_blob: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    faces: Mapped[list[Any] | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    deadline: Mapped[datetime]


class Worker(Base):
    """When each long-lived process last said that it is there."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    seen_at: Mapped[datetime]


class Event(Base):
    """The audit trail."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

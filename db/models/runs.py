"""Features, runs and their models, and the worker processes."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import OPEN, Base, Job, now

VECTOR_BYTES = 2 * 1280
"""Of an embedding: float16."""


class Embedding(Base):
    """Pooled backbone features of one crop: 1280 float16, little-endian."""

    __tablename__ = "embedding"

    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    box_version: Mapped[int] = mapped_column(primary_key=True)
    backbone: Mapped[str] = mapped_column(primary_key=True)
    view: Mapped[int] = mapped_column(primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class Run(Job, Base):
    """One training run: its recipe and dataset, its progress, and its results, metrics and a model."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipe: Mapped[dict[str, Any]]
    seed: Mapped[int]
    phase: Mapped[str] = mapped_column(default="waiting")
    progress: Mapped[float] = mapped_column(default=0.0)
    manifest: Mapped[str | None]
    """Key of the blob that lists faces, boxes, labels and splits: the SHA-256 of the dataset."""
    version_id: Mapped[int | None] = mapped_column(ForeignKey("dataset_version.id"), index=True)
    """The version it was asked to learn from, or that was made of what it collected; None for runs of
    earlier workbenches."""
    backbone: Mapped[str | None]
    """Id of the network whose features are the input of its head."""
    classes: Mapped[list[Any]]
    """Ids of its classes, in the order of its probabilities."""
    curve: Mapped[list[Any]] = mapped_column(default=list)
    """Per epoch: {"epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"}."""
    metrics: Mapped[dict[str, Any] | None]
    head: Mapped[dict[str, Any] | None]
    """The classifier on those features: {"kernel": [[...]], "bias": [...], "temperature": t}."""
    labels_saved: Mapped[dict[str, Any] | None] = mapped_column("saved")
    """How many labels the choice of faces saved (`trainer.label_efficiency.labels_saved`), or why there is no
    figure; computed after the run."""
    learning_curve: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """Its model and earlier ones on the same locked faces (`trainer.label_efficiency.earlier_heads`);
    computed after the run."""
    log: Mapped[list[Any]] = mapped_column(default=list)
    """Its log: [seconds since its start, text, values], the last two as in a `db.messages.Message`."""
    promoted: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[dict[str, Any] | None]
    """Why it went live or not, as a `db.messages.Message`."""
    erased: Mapped[int] = mapped_column(default=0)
    """How many faces it learned from or was measured on have been erased since."""
    retired_at: Mapped[datetime | None]
    """When its model was deleted because a face that it learned from was erased."""
    pinned: Mapped[bool] = mapped_column(default=False)
    """Its files are kept, however many runs follow."""
    dropped_at: Mapped[datetime | None]
    """When the files of its model were deleted because enough newer ones had been made."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    # At most one run is queued and at most one is running; unique indexes enforce that.
    __table_args__ = tuple(
        Index(
            f"uq_run_{status}", "status", unique=True, sqlite_where=text(where), postgresql_where=text(where)
        )
        for status, where in ((status, f"status = '{status}'") for status in OPEN)
    )


class Artifact(Base):
    """A file of a run's model, as it is offered for download."""

    __tablename__ = "artifact"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    """keras, tflite, onnx, onnx16 (its weights in half precision), labels and card; detector, a network that
    finds faces; features, the LiteRT form of the network whose features the head reads."""
    blob: Mapped[str]
    """Its key, which is its SHA-256."""
    signature: Mapped[str]
    """Proves that this workbench wrote it, see `db.signing`."""
    difference: Mapped[float | None]
    """Largest difference between its probabilities and the Keras model's on the crops used to check it."""


class Outcome(Base):
    """A run's prediction for a labelled face that its model had not learned from."""

    __tablename__ = "outcome"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str]
    """`locked`, or `fold`: by a model of the same recipe that had not learned from the face's group."""
    truth: Mapped[int]
    """The id of the class that the face was labelled with at that time."""
    label: Mapped[int]
    """The id of the class that was predicted."""
    probabilities: Mapped[list[Any]]
    label_probability: Mapped[float] = mapped_column("own")
    """Probability of `truth`: small where that label looks wrong."""
    group_id: Mapped[int]

    __table_args__ = (
        Index("ix_outcome_own", "run_id", "own", "face_id"),
        Index("ix_outcome_face", "face_id"),
        Index("ix_outcome_part", "run_id", "part", "face_id"),
    )


class Workbench(Base):
    """State shared by the whole workbench: a table with one row."""

    __tablename__ = "workbench"

    id: Mapped[int] = mapped_column(primary_key=True)
    live_run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    previous_run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    """The run that was live before. Its scores are kept, so that it can be made live again at once."""
    train_after: Mapped[int] = mapped_column(default=0)
    """Start a run after this many new answers; 0: never."""
    nightly_hour: Mapped[int | None]
    """Start a run at this hour (0 to 23, local time) if there are new answers; None: never."""
    last_nightly_day: Mapped[str | None] = mapped_column("nightly_on")
    """The last day, as 2026-11-24, whose nightly training was started or found unnecessary."""
    likely_threshold: Mapped[float | None] = mapped_column("likely_at")
    """Confidence from which a proposal counts as likely; None: the default of `db.box_thresholds`."""
    hidden_threshold: Mapped[float | None] = mapped_column("hidden_at")
    """Confidence below which a proposal is hidden; None: the default of `db.box_thresholds`."""
    thresholds_of: Mapped[str | None]
    """The detector that both thresholds were set for."""
    detect_again_at: Mapped[datetime | None]
    """When somebody asked to look at the old photos again, until all are done: those that were last looked at
    before are left."""
    detect_again_all: Mapped[bool] = mapped_column(default=True)
    """Whether photos with answers are looked at again, too."""
    detect_again_total: Mapped[int] = mapped_column(default=0)
    detect_again_done: Mapped[int] = mapped_column(default=0)
    """The number of photos that the newest such request is about, and of those that are done."""
    mapped_at: Mapped[datetime | None]
    """When the layout of the map was last computed from scratch."""
    backup_days: Mapped[int] = mapped_column(default=0, server_default="0")
    """Make a backup every so many days; 0: never."""
    backup_hour: Mapped[int] = mapped_column(default=3, server_default="3")
    """At this hour of local time, 0 to 23."""
    backups_kept: Mapped[int] = mapped_column(default=5, server_default="5")
    """How many backups are kept; older ones are deleted after the next."""
    last_backup_day: Mapped[str | None]
    """The last day, as 2026-11-24, for which the schedule asked for a backup."""
    friends_may_try: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether friends may try models, too."""
    live_run: Mapped[Run | None] = relationship(foreign_keys=live_run_id)

    @property
    def runs_with_scores(self) -> list[int]:
        """Ids of the runs whose scores are kept: the live one and the one before."""
        return [id for id in (self.live_run_id, self.previous_run_id) if id is not None]


class Worker(Base):
    """The last heartbeat of each worker process."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    seen_at: Mapped[datetime]
    clock_skew: Mapped[float] = mapped_column(default=0.0)
    """Seconds by which the clock of its machine is ahead of the database's; negative: behind."""
    problem: Mapped[str | None]
    """What keeps it from its work, such as a network that it cannot load."""

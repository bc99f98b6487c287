"""Several detectors side by side: what each sees, which confirm a face; the box head is gone."""

from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

PHOTO = sa.table("photo", *map(sa.column, ("id", "status", "created_at")))
FACE = sa.table(
    "face", sa.column("photo_id"), sa.column("source"), sa.column("confidence"), sa.column("proposed_box", sa.JSON())
)
WORKBENCH = sa.table("workbench", sa.column("likely_at"), sa.column("hidden_at"))
EMBEDDING = sa.table("embedding", sa.column("view"))
PASS = sa.table(
    "detector_pass",
    *map(sa.column, ("photo_id", "detector", "attempts", "started_at")),
    sa.column("boxes", sa.JSON()),
)
ROWS = 1000


def upgrade() -> None:
    op.create_table(
        "detector_pass",
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double()),
        sa.Column("boxes", sa.JSON()),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id", "detector"),
    )
    _copy_passes()
    op.execute("ALTER TABLE face ADD COLUMN confirmed_by JSON DEFAULT '[]' NOT NULL")
    for column in ("chance", "confidence_again"):
        op.execute(f"ALTER TABLE face DROP COLUMN {column}")
    op.execute("ALTER TABLE run DROP COLUMN box_head")
    for column in ("turn", "turned"):
        op.execute(f"ALTER TABLE photo ADD COLUMN {column} INTEGER DEFAULT 0 NOT NULL")
    with op.batch_alter_table("workbench") as workbench:
        workbench.add_column(sa.Column("thresholds_of", sa.String()))
        workbench.add_column(sa.Column("detect_again_at", sa.DateTime(timezone=True)))
        workbench.add_column(
            sa.Column("detect_again_all", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        for column in ("detect_again_total", "detect_again_done"):
            workbench.add_column(sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
    # They were probabilities of the box head; its features have negative views.
    connection = op.get_bind()
    connection.execute(WORKBENCH.update().values(likely_at=None, hidden_at=None))
    connection.execute(EMBEDDING.delete().where(EMBEDDING.c.view < 0))


def _copy_passes() -> None:
    """What MTCNN saw in each photo, from the faces it proposed."""
    connection = op.get_bind()
    seen = sa.select(FACE.c.photo_id, FACE.c.proposed_box, FACE.c.confidence).where(FACE.c.source == "mtcnn")
    boxes: dict[int, list[Any]] = {}
    ordered = connection.execute(seen.order_by(FACE.c.photo_id, FACE.c.confidence.desc()))
    for photo_id, faces in groupby(ordered, lambda face: face.photo_id):
        boxes[photo_id] = [[*face.proposed_box, face.confidence] for face in faces]
    ready = connection.execute(sa.select(PHOTO.c.id, PHOTO.c.created_at).where(PHOTO.c.status == "ready"))
    rows = [
        {
            "photo_id": photo.id,
            "detector": "mtcnn",
            "attempts": 1,
            "started_at": photo.created_at,
            "boxes": boxes.get(photo.id, []),
        }
        for photo in ready
    ]
    for start in range(0, len(rows), ROWS):
        connection.execute(PASS.insert(), rows[start : start + ROWS])

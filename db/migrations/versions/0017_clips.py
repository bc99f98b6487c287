"""Videos as a source of faces."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "clip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("blob", sa.String(), nullable=True),
        sa.Column("stored_bytes", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("uploaded_by", sa.Integer(), nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_clip_person_id_person"),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name="fk_clip_uploaded_by_person"),
        sa.PrimaryKeyConstraint("id", name="pk_clip"),
        sqlite_autoincrement=True,
    )
    for column in ("sha256", "blob", "person_id", "uploaded_by", "status"):
        op.create_index(f"ix_clip_{column}", "clip", [column])
    op.create_table(
        "clip_photo",
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name="fk_clip_photo_photo_id_photo", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["clip_id"], ["clip.id"], name="fk_clip_photo_clip_id_clip", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("photo_id", name="pk_clip_photo"),
    )
    op.create_index("ix_clip_photo_clip_id", "clip_photo", ["clip_id"])

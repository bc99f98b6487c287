"""Backups and what the operations page shows."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "backup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheduled", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_backup"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_backup_status"), "backup", ["status"])
    op.create_table(
        "blob_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blob_hold"),
    )
    op.create_table(
        "doomed_blob",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_doomed_blob"),
    )
    with op.batch_alter_table("workbench") as batch_op:
        batch_op.add_column(sa.Column("backup_days", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("backup_hour", sa.Integer(), server_default="3", nullable=False))
        batch_op.add_column(sa.Column("backups_kept", sa.Integer(), server_default="5", nullable=False))
        batch_op.add_column(sa.Column("last_backup_day", sa.String(), nullable=True))

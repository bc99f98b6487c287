"""Predictions have a file each until they are answered, and belong to a batch where several were sent."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "prediction_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_prediction_batch_person_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_prediction_batch_run_id_run"),
        sa.PrimaryKeyConstraint("id", name="pk_prediction_batch"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_prediction_batch_status", "prediction_batch", ["status"])
    op.create_index("ix_prediction_batch_person_id", "prediction_batch", ["person_id"])
    op.drop_table("prediction")  # nobody waits for those of before: the programs have been restarted
    op.create_table(
        "prediction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("picture", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("faces", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["prediction_batch.id"],
            name="fk_prediction_batch_id_prediction_batch",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_prediction_run_id_run"),
        sa.PrimaryKeyConstraint("id", name="pk_prediction"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_prediction_batch_id", "prediction", ["batch_id"])

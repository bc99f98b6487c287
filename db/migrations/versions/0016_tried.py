"""Photos that a model was tried on: which were kept, and whether they looked unusual to it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE photo ADD COLUMN tried_run_id INTEGER"
        " CONSTRAINT fk_photo_tried_run_id_run REFERENCES run (id)"
    )
    op.add_column("workbench", sa.Column("friends_may_try", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "tried_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("unusual", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_tried_look_run_id_run", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tried_look"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tried_look_run_id", "tried_look", ["run_id", "id"])

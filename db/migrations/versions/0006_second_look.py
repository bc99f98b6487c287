"""The second look: faces chosen and why, what a box is worth, labels saved, the map."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "pick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("face_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer()),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pick"),
        sa.ForeignKeyConstraint(["face_id"], ["face.id"], name="fk_pick_face_id_face", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_pick_run_id_run", ondelete="CASCADE"),
    )
    op.create_index("ix_pick_face_id", "pick", ["face_id"])
    op.create_index("ix_pick_place", "pick", ["run_id", "place"])
    op.create_table(
        "spot",
        sa.Column("face_id", sa.Integer(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("face_id", name="pk_spot"),
        sa.ForeignKeyConstraint(["face_id"], ["face.id"], name="fk_spot_face_id_face", ondelete="CASCADE"),
    )
    with op.batch_alter_table("run") as run:
        run.add_column(sa.Column("box_head", sa.JSON()))
        run.add_column(sa.Column("saved", sa.JSON()))
    with op.batch_alter_table("face") as face:
        face.add_column(sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()))
        face.add_column(sa.Column("confidence_again", sa.Double()))
        face.add_column(sa.Column("chance", sa.Double()))
    with op.batch_alter_table("workbench") as workbench:
        workbench.add_column(sa.Column("likely_at", sa.Double()))
        workbench.add_column(sa.Column("hidden_at", sa.Double()))
        workbench.add_column(sa.Column("mapped_at", sa.DateTime(timezone=True)))

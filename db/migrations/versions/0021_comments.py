"""Notes of the team on faces."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("face_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name="fk_comment_face_id_face", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_comment_person_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["comment.id"], name="fk_comment_answers_id_comment", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"], ["person.id"], name="fk_comment_resolved_by_person", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comment_face", "comment", ["face_id", "id"])
    op.create_index("ix_comment_person_id", "comment", ["person_id"])
    op.create_index("ix_comment_answers_id", "comment", ["answers_id"])
    is_open = sa.text("answers_id IS NULL AND resolved_at IS NULL")
    op.create_index("ix_comment_open", "comment", ["id"], sqlite_where=is_open, postgresql_where=is_open)

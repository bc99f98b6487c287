"""Faces that one person is asked to answer."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_assignment_person_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name="fk_assignment_created_by_person", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_assignment_person_id", "assignment", ["person_id"])
    op.create_table(
        "assigned_face",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("face_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name="fk_assigned_face_assignment_id_assignment",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name="fk_assigned_face_face_id_face", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["person.id"], name="fk_assigned_face_answered_by_person", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("assignment_id", "face_id", name="pk_assigned_face"),
    )
    op.create_index("ix_assigned_face_face", "assigned_face", ["face_id"])
    op.create_index(
        "ix_assigned_face_open",
        "assigned_face",
        ["assignment_id", "rank"],
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )

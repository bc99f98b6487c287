"""The bench: second opinions, redo, drawn faces as answers, complete photos, classes that change."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WHEN = sa.DateTime(timezone=True)


def flag(name: str, value: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true() if value else sa.false())


def upgrade() -> None:
    op.create_table(
        "class",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("former", sa.JSON(), nullable=False),
        sa.Column("merged_into_id", sa.Integer()),
        sa.Column("retired_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_class"),
        sa.UniqueConstraint("name", name="uq_class_name"),
        sa.ForeignKeyConstraint(["merged_into_id"], ["class.id"], name="fk_class_merged_into_id_class"),
    )
    op.add_column("event", sa.Column("undone_at", WHEN))
    op.add_column("lease", flag("blind"))
    with op.batch_alter_table("photo", table_kwargs={"sqlite_autoincrement": True}) as photo:
        photo.add_column(sa.Column("completed_at", WHEN))
        photo.add_column(sa.Column("completed_by", sa.Integer()))
        photo.create_foreign_key("fk_photo_completed_by_person", "person", ["completed_by"], ["id"])
    with op.batch_alter_table("answer") as answer:
        answer.add_column(flag("informed"))
        answer.add_column(sa.Column("undoes_id", sa.Integer()))
        answer.create_foreign_key(
            "fk_answer_undoes_id_answer", "answer", ["undoes_id"], ["id"], ondelete="CASCADE"
        )
    op.drop_index("ix_face_waiting", "face")
    with op.batch_alter_table("face") as face:
        face.add_column(sa.Column("wanted", sa.Integer(), nullable=False, server_default="1"))
        face.add_column(sa.Column("opinions", sa.Integer(), nullable=False, server_default="0"))
        face.add_column(flag("waiting", True))
        face.add_column(flag("gold"))
    op.execute(
        "UPDATE face SET waiting = (decided_at IS NULL), opinions = (SELECT COUNT(DISTINCT person_id)"
        " FROM answer WHERE answer.face_id = face.id AND answer.undone_at IS NULL"
        " AND (answer.kind IN ('reject', 'unsure') OR answer.label IS NOT NULL))"
    )
    # What was drawn before is an answer of nobody, so that taking back its label does not remove the box.
    op.execute(
        "INSERT INTO answer (client_key, face_id, kind, box, informed, created_at)"
        " SELECT 'drawn:' || face.id, face.id, 'draw', proposed_box, false, photo.created_at"
        " FROM face JOIN photo ON photo.id = face.photo_id WHERE face.source = 'human'"
    )
    for name, columns in (("waiting", ["opinions", "doubtful", "id"]), ("gold", ["id"])):
        where = sa.text(name)
        op.create_index(f"ix_face_{name}", "face", columns, sqlite_where=where, postgresql_where=where)

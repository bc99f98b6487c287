"""Consent, personal links, merging and erasing people; near repeats."""

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0002"
down_revision = "0001"

WHEN = sa.DateTime(timezone=True)


def alter(table: str) -> AbstractContextManager[BatchOperations]:
    """SQLite copies the table, which also makes its ids unique for ever; PostgreSQL alters it in place."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    return op.batch_alter_table(
        table, recreate="always" if sqlite else "never", table_kwargs={"sqlite_autoincrement": True}
    )


def upgrade() -> None:
    with op.batch_alter_table("invite") as invite:
        invite.add_column(sa.Column("note", sa.String(), nullable=False, server_default=""))
        invite.add_column(sa.Column("uses", sa.Integer(), nullable=False, server_default="0"))
        invite.add_column(sa.Column("revoked_at", WHEN))
    with alter("person") as person:
        person.add_column(sa.Column("consent_version", sa.String()))
        person.add_column(sa.Column("invite_id", sa.Integer()))
        person.add_column(sa.Column("link_version", sa.Integer(), nullable=False, server_default="1"))
        person.add_column(sa.Column("merged_into_id", sa.Integer()))
        person.add_column(sa.Column("erasing_at", WHEN))
        person.create_foreign_key(
            "fk_person_invite_id_invite", "invite", ["invite_id"], ["id"], ondelete="SET NULL"
        )
        person.create_foreign_key(
            "fk_person_merged_into_id_person", "person", ["merged_into_id"], ["id"], ondelete="CASCADE"
        )
    with alter("photo") as photo:
        photo.drop_constraint("uq_photo_sha256", type_="unique")
        photo.alter_column("sha256", existing_type=sa.String(), nullable=True)
        photo.add_column(sa.Column("repeat_id", sa.Integer()))
        photo.add_column(sa.Column("erase_at", WHEN))
        photo.create_unique_constraint("uq_photo_person_id_sha256", ["person_id", "sha256"])
    op.create_index(
        "uq_photo_sha256", "photo", ["sha256"], unique=True,
        sqlite_where=sa.text("person_id IS NULL"), postgresql_where=sa.text("person_id IS NULL"),
    )  # fmt: skip
    op.create_index("ix_photo_repeat_id", "photo", ["repeat_id"])
    op.create_index("ix_photo_created_at", "photo", ["created_at"])
    with alter("face") as face:
        face.add_column(sa.Column("disputed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_face_disputed", "face", ["id"],
        sqlite_where=sa.text("disputed"), postgresql_where=sa.text("disputed"),
    )  # fmt: skip
    with op.batch_alter_table("run") as run:
        run.add_column(sa.Column("erased", sa.Integer(), nullable=False, server_default="0"))
        run.add_column(sa.Column("retired_at", WHEN))

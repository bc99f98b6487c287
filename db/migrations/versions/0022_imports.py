"""Datasets that a worker imports."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("stored", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_import_person_id_person"),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name="fk_import_requested_by_person"),
        sa.PrimaryKeyConstraint("id", name="pk_import"),
        sqlite_autoincrement=True,
    )
    for column in ("person_id", "requested_by", "status"):
        op.create_index(f"ix_import_{column}", "import", [column])
    op.create_table(
        "import_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name="fk_import_line_import_id_import", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name="fk_import_line_photo_id_photo", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_line"),
    )
    op.create_index("ix_import_line_remark", "import_line", ["import_id", "remark", "id"])
    op.create_index("ix_import_line_photo_id", "import_line", ["photo_id"])
    op.create_table(
        "import_photo",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name="fk_import_photo_import_id_import", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name="fk_import_photo_photo_id_photo", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "photo_id", name="pk_import_photo"),
    )
    op.create_index("ix_import_photo_photo_id", "import_photo", ["photo_id"])

"""Bytes a person sent; pinned and dropped models."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE photo ADD COLUMN bytes INTEGER")
    op.create_index("ix_photo_kept", "photo", ["uploaded_by", "status", "bytes"])
    op.create_index("ix_photo_blob", "photo", ["blob"])
    op.create_index("ix_photo_view_blob", "photo", ["view_blob"])
    unmeasured = sa.text("bytes IS NULL")
    op.create_index(
        "ix_photo_unmeasured", "photo", ["id"], sqlite_where=unmeasured, postgresql_where=unmeasured
    )
    op.execute("ALTER TABLE run ADD COLUMN pinned BOOLEAN DEFAULT false NOT NULL")
    op.add_column("run", sa.Column("dropped_at", sa.DateTime(timezone=True)))

"""Indexes that the queues use: SQLite wants a condition letter by letter as the query writes it, and
PostgreSQL cannot guess how few faces wait for a second opinion."""

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"

INDEXES = {"waiting": ["opinions", "doubtful", "id"], "gold": ["id"], "disputed": ["id"]}


def upgrade() -> None:
    _made_with("{} = 1")
    op.create_index(
        "ix_face_second",
        "face",
        ["doubtful", "id"],
        sqlite_where=text("waiting = 1 AND opinions > 0"),
        postgresql_where=text("waiting AND opinions > 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_face_second", "face")
    _made_with("{}")


def _made_with(condition: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name, columns in INDEXES.items():
        op.drop_index(f"ix_face_{name}", "face")
        op.create_index(f"ix_face_{name}", "face", columns, sqlite_where=text(condition.format(name)))

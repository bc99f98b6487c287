"""Alembic's entry: `db.migrate` hands it a connection."""

from alembic import context

import db.models  # noqa: F401 - fills the metadata
from db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

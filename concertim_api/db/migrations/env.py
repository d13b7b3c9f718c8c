"""Alembic's environment: ``db/schema.py`` hands it the connection."""

from alembic import context

from concertim_api.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
)
with context.begin_transaction():
    context.run_migrations()

"""Alembic's entry. The connection comes from storage/schema.py; there is no alembic.ini."""

from alembic import context

from connector.storage import watched

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=watched.spend.metadata,  # all tables are in it
    render_as_batch=True,  # SQLite can't alter a column in place
)
with context.begin_transaction():
    context.run_migrations()
